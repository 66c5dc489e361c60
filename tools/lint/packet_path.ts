/**
 * Making a typed array or a `DataView` costs more than parsing the packet it would hold (250 to 1300 ns against
 * under 100). What students write runs once per packet, so it reads and writes through the frame's own `bytes` and `view`.
 *
 * Allowed where it happens once: at the top level, in a class's constructor, and in the body of a factory (`createX`, `makeX`). And in labs 10 and
 * 11, which know no packets: they read streams.
 */
import { isLabFile, treePath } from "./tree_path.ts";

const ARRAYS = /^(DataView|ArrayBuffer|(Big)?(Ui|I)nt\d+(Clamped)?Array|Uint8ClampedArray)$/;
const FUNCTIONS = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

/** Whether code here runs once, and not for every packet. */
function runsOnce(ancestors: readonly Deno.lint.Node[]): boolean {
  const index = ancestors.findLastIndex((ancestor) => FUNCTIONS.has(ancestor.type));
  if (index < 0) return true;
  const made = ancestors[index];
  if (made?.type === "FunctionDeclaration") return /^(create|make)[A-Z]/.test(made.id?.name ?? "");
  const holder = ancestors[index - 1];
  return holder?.type === "MethodDefinition" && holder.kind === "constructor";
}

export const packetPath: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    const path = treePath(context.filename);
    if (!isLabFile(path) || /^\w+\/1[01]-/.test(path)) return {};
    const refuse = (node: Deno.lint.Node, what: string): void => {
      if (runsOnce(context.sourceCode.getAncestors(node))) return;
      context.report({
        node,
        message: `${what} for every packet`,
        hint: "Read and write through frame.bytes and frame.view, with absolute offsets",
      });
    };
    return {
      NewExpression(node): void {
        if (node.callee.type === "Identifier" && ARRAYS.test(node.callee.name)) refuse(node, `new ${node.callee.name}`);
      },
      CallExpression(node): void {
        const { callee } = node;
        if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") return;
        if (callee.property.name === "subarray") refuse(node, "A subarray");
        if (
          callee.property.name === "slice" && callee.object.type === "MemberExpression" && callee.object.property.type === "Identifier" &&
          callee.object.property.name === "bytes"
        ) {
          refuse(node, "A copy by slice");
        }
      },
    };
  },
};
