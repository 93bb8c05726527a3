# The Python sample of Google's guide "Managing S/MIME Certificates" (developers.google.com/gmail/api/guides/smime_certs,
# Apache-2.0), with its bugs fixed and its way of working kept: one user after the other, a service for each.
# Every change says so. Usage: python sample.py KEY_FILE ENDPOINT CSV
import base64
import csv
import datetime
import json
import sys
import urllib.request

from google.oauth2 import service_account
from googleapiclient import discovery
from googleapiclient import errors

SCOPES = ['https://www.googleapis.com/auth/gmail.settings.basic']


def create_smime_info(cert_filename, cert_password=None):
  smime_info = None
  try:
    with open(cert_filename, 'rb') as f:  # changed: the file is binary
      smime_info = {}
      data = f.read()
      smime_info['pkcs12'] = base64.urlsafe_b64encode(data).decode()  # changed: JSON holds no bytes
      if cert_password and len(cert_password) > 0:
        smime_info['encryptedKeyPassword'] = cert_password
  except (OSError, IOError) as error:
    print('An error occurred while reading the certificate file: %s' % error)

  return smime_info


def insert_smime_info(service, user_id, smime_info, send_as_email=None):
  if not send_as_email:
    send_as_email = user_id
  try:
    results = service.users().settings().sendAs().smimeInfo().insert(
        userId=user_id, sendAsEmail=send_as_email, body=smime_info).execute()
    print('Inserted certificate; id: %s' % results['id'])
    return results
  except errors.HttpError as error:
    print('An error occurred: %s' % error)
    return None


def update_smime_certs(service,
                       user_id,
                       send_as_email=None,
                       cert_filename=None,
                       cert_password=None,
                       expire_dt=None):
  if not send_as_email:
    send_as_email = user_id

  try:
    results = service.users().settings().sendAs().smimeInfo().list(
        userId=user_id, sendAsEmail=send_as_email).execute()
  except errors.HttpError as error:
    print('An error occurred during list: %s' % error)
    return None

  default_cert_id = None
  best_cert_id = (None, datetime.datetime.fromtimestamp(0))

  if not expire_dt:
    expire_dt = datetime.datetime.now()
  if results and 'smimeInfo' in results:
    for smime_info in results['smimeInfo']:
      cert_id = smime_info['id']
      is_default_cert = smime_info.get('isDefault', False)  # changed: false is left out
      if is_default_cert:
        default_cert_id = cert_id
      exp = datetime.datetime.fromtimestamp(int(smime_info['expiration']) / 1000)  # changed: it is a string
      if exp > expire_dt:
        if exp > best_cert_id[1]:
          best_cert_id = (cert_id, exp)
      else:
        if is_default_cert:
          default_cert_id = None

  if not default_cert_id:
    default_id = best_cert_id[0]
    if not default_id and cert_filename:
      smime_info = create_smime_info(cert_filename, cert_password)
      results = insert_smime_info(service, user_id, smime_info, send_as_email)  # changed: the address goes with it
      if results:
        default_id = results['id']

    if default_id:
      try:
        service.users().settings().sendAs().smimeInfo().setDefault(
            userId=user_id, sendAsEmail=send_as_email, id=default_id).execute()
        return default_id
      except errors.HttpError as error:
        print('An error occurred during setDefault: %s' % error)
  else:
    return default_cert_id

  return None


def update_smime_from_csv(service_builder, csv_filename, expire_dt=None):
  try:
    with open(csv_filename, 'r') as f:
      csv_reader = csv.reader(f, delimiter=',')
      # changed: the CSV has no header, so no row is skipped
      for row in csv_reader:
        user_id = row[0]
        update_smime_certs(
            service_builder(user_id),
            user_id,
            cert_filename=row[1],
            cert_password=row[2],
            expire_dt=expire_dt)
  except (OSError, IOError) as error:
    print('An error occured while reading the CSV file: %s' % error)


# The guide leaves the builder to its reader. The discovery document is fetched once and built from for every user, which is
# the quickest way that Google's client has: its own `build` reads its copy of the whole API anew for each.
def make_service_builder(key_file, endpoint):
  credentials = service_account.Credentials.from_service_account_file(key_file, scopes=SCOPES)
  with urllib.request.urlopen('%s/$discovery/rest?version=v1' % endpoint) as response:
    document = json.load(response)
  return lambda user_id: discovery.build_from_document(document, credentials=credentials.with_subject(user_id))


if __name__ == '__main__':
  key, origin, rows = sys.argv[1:]
  update_smime_from_csv(make_service_builder(key, origin), rows)
