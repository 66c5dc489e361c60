/**
 * A file has 400 lines at most and a function 60: what does not fit holds two ideas. The lines of functions inside it count
 * for those alone, so a factory may return many methods. Tests are lists and may be long.
 */
import { treePath } from "./tree_path.ts";

const FILE = 400;
const FUNCTION = 60;

export const sizes: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    if (treePath(context.filename).endsWith("_test.ts")) return {};
    const { text } = context.sourceCode;
    const linesIn = ([from, to]: Deno.lint.Range): number => text.slice(from, to).trimEnd().split("\n").length;
    /** For each function that we are in: lines of the functions inside it. The first counts for the file. */
    const inner: number[] = [0];
    const enter = (): void => void inner.push(0);
    const leave = (node: Deno.lint.Node): void => {
      const lines = linesIn(node.range);
      const own = lines - (inner.pop() ?? 0);
      inner.push((inner.pop() ?? 0) + lines - 1);
      if (own > FUNCTION) {
        context.report({ node, message: `A function of ${own} lines: ${FUNCTION} are the most`, hint: "Give a step of it a name" });
      }
    };
    return {
      Program(): void {
        const lines = linesIn([0, text.length]);
        if (lines <= FILE) return;
        const hint = "Find the two things that it holds";
        context.report({ range: [0, text.indexOf("\n")], message: `A file of ${lines} lines: ${FILE} are the most`, hint });
      },
      FunctionDeclaration: enter,
      FunctionExpression: enter,
      ArrowFunctionExpression: enter,
      "FunctionDeclaration:exit": leave,
      "FunctionExpression:exit": leave,
      "ArrowFunctionExpression:exit": leave,
    };
  },
};
