/**
 * What a check says about a packet: the fields it cares about, layer by layer, by the names that
 * `stack/wire/dissect.ts` gives them. What is not named does not matter; a checksum that is wrong always
 * does, unless the matcher says `checksums: "any"`.
 */

/** What one field must be: a value, an address as text, or a set of legal values. */
export type FieldMatcher = number | string | boolean | { readonly oneOf: readonly (number | string)[] } | {
  readonly from: number;
  readonly to: number;
};

/** The fields of one layer that matter. */
export type LayerMatcher = Readonly<Record<string, FieldMatcher>>;

/** A packet that is expected. */
export interface PacketMatcher {
  readonly ethernet?: LayerMatcher;
  readonly arp?: LayerMatcher;
  readonly ipv4?: LayerMatcher;
  readonly icmp?: LayerMatcher;
  readonly udp?: LayerMatcher;
  readonly tcp?: LayerMatcher;
  /** The bytes behind the last header. */
  readonly data?: Uint8Array;
  /** Length of the bytes behind the last header. */
  readonly dataLength?: number;
  /** The first bytes behind the last header. */
  readonly dataStart?: Uint8Array;
  readonly checksums?: "any";
  /** Length of the whole frame, without the FCS. */
  readonly frameLength?: FieldMatcher;
}
