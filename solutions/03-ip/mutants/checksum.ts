/** Known-wrong variants of `checksum.ts`. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

export default [
  {
    name: "odd-byte-dropped",
    fault: "the last byte of an odd length is left out of the sum",
    file: "checksum.ts",
    replace: "  if (at < end) sum += view.getUint8(at) << 8;\n",
    by: "",
    caughtBy: "checksum/odd-lengths",
  },
  {
    name: "odd-byte-low",
    fault: "the last byte of an odd length is taken as the low byte of a word",
    file: "checksum.ts",
    replace: "view.getUint8(at) << 8",
    by: "view.getUint8(at)",
    caughtBy: "checksum/odd-lengths",
  },
  {
    name: "folded-once",
    fault: "carries are folded once, and not the carry that the fold makes",
    file: "checksum.ts",
    replace: "return (once >>> 16) + (once & 0xffff);",
    by: "return once & 0xffff;",
    caughtBy: "checksum/carries",
  },
  {
    name: "one-word-too-far",
    fault: "the last step reads past the end when fewer than 16 bytes are left",
    file: "checksum.ts",
    replace: "for (; at + 16 <= end; at += 16)",
    by: "for (; at < end; at += 16)",
    caughtBy: "checksum/part-of-a-buffer",
  },
  {
    name: "initial-forgotten",
    fault: "the sum begins at 0, whatever it is given",
    file: "checksum.ts",
    replace: "let sum = initial;",
    by: "let sum = initial * 0;",
    caughtBy: "checksum/initial-sum",
  },
  {
    name: "sum-kept-in-32-bits",
    fault: "what stands above 2³² is forgotten, so sums of many words are too small",
    file: "checksum.ts",
    replace: "Math.floor(sum / 0x1_0000_0000) + ",
    by: "",
    caughtBy: "checksum/even-lengths",
  },
  {
    name: "modulo-65535",
    fault: "the carries are folded by a remainder, which turns ffff into 0",
    file: "checksum.ts",
    replace: "return ~fold(Math.floor(sum / 0x1_0000_0000) + (sum >>> 16) + (sum & 0xffff)) & 0xffff;",
    by: "return ~(sum % 0xffff) & 0xffff;",
    caughtBy: "checksum/verify",
  },
  {
    name: "signed-carry",
    fault: "words of 16 bits, and the carries of a sum beyond 2³¹ shifted by >>, which drags a sign along",
    file: "checksum.ts",
    replace: "  for (; at + 16 <= end; at += 16) {\n" +
      "    sum += view.getUint32(at) + view.getUint32(at + 4) + view.getUint32(at + 8) + view.getUint32(at + 12);\n" +
      "  }\n" +
      "  for (; at + 2 <= end; at += 2) sum += view.getUint16(at);\n" +
      "  if (at < end) sum += view.getUint8(at) << 8;\n" +
      "  return ~fold(Math.floor(sum / 0x1_0000_0000) + (sum >>> 16) + (sum & 0xffff)) & 0xffff;\n",
    by: "  for (; at + 2 <= end; at += 2) sum += view.getUint16(at);\n" +
      "  if (at < end) sum += view.getUint8(at) << 8;\n" +
      "  return ~fold((sum >> 16) + (sum & 0xffff)) & 0xffff;\n",
    caughtBy: "checksum/initial-sum",
  },
  {
    name: "older-update-formula",
    fault: "the older formula HC + m − m', which gives ffff where 0 is right",
    file: "checksum.ts",
    replace: "return ~fold((~checksum & 0xffff) + (~before & 0xffff) + after) & 0xffff;",
    by: "return fold(checksum + before + (~after & 0xffff));",
    caughtBy: "checksum/update",
  },
  {
    name: "older-update-with-borrow",
    fault: "the older formula again, written as a subtraction that borrows",
    file: "checksum.ts",
    replace: "return ~fold((~checksum & 0xffff) + (~before & 0xffff) + after) & 0xffff;",
    by: "return checksum + before < after ? checksum + before - after + 0xffff : fold(checksum + before - after);",
    caughtBy: "checksum/update-to-zero",
  },
  {
    name: "update-folded-once",
    fault: "the update folds its carries once, and not the carry that the fold makes",
    file: "checksum.ts",
    replace: "return ~fold((~checksum & 0xffff) + (~before & 0xffff) + after) & 0xffff;",
    by: "const sum = (~checksum & 0xffff) + (~before & 0xffff) + after;\n  return ~((sum & 0xffff) + (sum >>> 16)) & 0xffff;",
    caughtBy: "checksum/update",
  },
  {
    name: "update-without-carry",
    fault: "the update does not fold its carries back in",
    file: "checksum.ts",
    replace: "return ~fold((~checksum & 0xffff) + (~before & 0xffff) + after) & 0xffff;",
    by: "return checksum + before - after & 0xffff;",
    caughtBy: "checksum/update",
  },
] satisfies readonly Mutant[];
