// Google Workspace mail keys: Gmail S/MIME certificates, the one an address signs with, and the Email Audit API's OpenPGP key.
package googleworkspacemail
