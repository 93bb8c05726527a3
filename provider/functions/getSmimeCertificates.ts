/**
 * The certificates on one address, as Gmail lists them.
 *
 * ```ts
 * const { certificates } = await getSmimeCertificates({ userId: "alice@example.com" });
 * ```
 */
import type { Args, Field, Result } from "../fields";
import type { DataFunction } from "../invoke";
import { addressFields, addressOf, checkAddress, smimeInfoId } from "../resources/address";
import { certificatesOn } from "../resources/observed";
import type { Services } from "../resources/services";
import { argument, certificateInfoRows } from "./rows";

const args = {
  userId: argument(addressFields.userId, "required"),
  sendAsEmail: argument(addressFields.sendAsEmail, "optional"),
} as const satisfies Record<string, Field>;

const result = {
  certificates: {
    type: "objects",
    output: true,
    always: true,
    item: { name: "SmimeCertificateInfo", fields: certificateInfoRows },
    description: "The certificates on the address, the first to expire first; empty where there is none.",
  },
} as const satisfies Record<string, Field>;

type A = typeof args;
type R = typeof result;

export const getSmimeCertificates: DataFunction<A, R, Services> = {
  token: "getSmimeCertificates",
  description: "The S/MIME certificates on one address of a Gmail mailbox.",
  args,
  result,
  check: (args, services) => checkAddress(args, services).failures,
  call,
};

async function call(written: Args<A>, services: Services): Promise<Result<R>> {
  const address = addressOf(checkAddress(written, services).address ?? {}, "getSmimeCertificates");
  const certificates = (await certificatesOn(address, services)).map(({ info, facts }) => ({
    id: smimeInfoId(address, info.id),
    certificateId: info.id,
    isDefault: info.isDefault,
    ...facts,
    ...(info.pem !== undefined && { pem: info.pem }),
  }));
  return { certificates };
}
