/**
 * TCP sequence numbers wrap: 5 comes after 0xfffffff0. `<` says the opposite, and is right in every test that begins
 * at zero. This rule refuses `<`, `>`, `<=`, `>=`, `Math.min` and `Math.max` on whatever is named like a sequence number,
 * everywhere but in `stack/wire/seq.ts` (RFC 9293 §3.4).
 */
import { treePath } from "./tree_path.ts";

/** The RFC's names (SND.UNA is `sndUna`), and `seq` and `ack` by themselves or as the last part of a name. */
const NAMED_LIKE_ONE = /^(seq|ack|iss|irs|isn|snd(Una|Nxt|Wl1|Wl2|Up|Max)|rcv(Nxt|Up)|[a-z]\w*(Seq|Ack|Iss|Irs|Isn))$/;
/** The helpers that return one. */
const GIVES_ONE = new Set(["seq", "seqAdd"]);

const HELPERS: Readonly<Record<string, string>> = {
  "<": "seqBefore(a, b)",
  ">": "seqBefore(b, a)",
  "<=": "seqUpTo(a, b)",
  ">=": "seqUpTo(b, a)",
};

/** The part of an expression that makes it a sequence number, as its source reads; undefined when nothing does. */
function sequenceNumberIn(node: Deno.lint.Node): string | undefined {
  switch (node.type) {
    case "Identifier":
      return NAMED_LIKE_ONE.test(node.name) ? node.name : undefined;
    case "MemberExpression":
      return node.computed ? undefined : sequenceNumberIn(node.property);
    case "CallExpression":
      return node.callee.type === "Identifier" && GIVES_ONE.has(node.callee.name) ? `${node.callee.name}(…)` : undefined;
    case "TSAsExpression":
    case "TSNonNullExpression":
      return sequenceNumberIn(node.expression);
    case "BinaryExpression":
      if (node.operator === ">>>") return sequenceNumberIn(node.left);
      if (node.operator !== "+" && node.operator !== "-") return undefined;
      return sequenceNumberIn(node.left) ?? sequenceNumberIn(node.right);
    default:
      return undefined;
  }
}

export const sequenceComparison: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    if (treePath(context.filename) === "stack/wire/seq.ts") return {};
    return {
      BinaryExpression(node): void {
        const helper = HELPERS[node.operator];
        if (helper === undefined) return;
        const name = sequenceNumberIn(node.left) ?? sequenceNumberIn(node.right);
        if (name === undefined) return;
        context.report({
          node,
          message: `\`${node.operator}\` on the sequence number ${name}, which wraps`,
          hint: `Write ${helper}, from stack/wire/seq.ts`,
        });
      },
      CallExpression(node): void {
        const { callee } = node;
        if (callee.type !== "MemberExpression" || callee.object.type !== "Identifier" || callee.object.name !== "Math") return;
        if (callee.property.type !== "Identifier" || !/^(min|max)$/.test(callee.property.name)) return;
        const name = node.arguments.map(sequenceNumberIn).find((found) => found !== undefined);
        if (name === undefined) return;
        const message = `Math.${callee.property.name} on the sequence number ${name}, which wraps`;
        context.report({ node, message, hint: "Choose with seqBefore(a, b), from stack/wire/seq.ts" });
      },
    };
  },
};
