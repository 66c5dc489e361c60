/**
 * Time and chance come in as arguments. A clock, a timer, a random number or a promise inside a lab or the stack would make
 * a minute of retransmissions last a minute, and a failure impossible to repeat. The one real clock is `stack/runner.ts`.
 *
 * Promises are further allowed where the outside world begins: in the devices (`stack/link`), in what applications
 * call (`stack/socket`), and in such an application (`stack/http`).
 */
import { isLabFile, treePath } from "./tree_path.ts";

const TIMERS = new Set(["setTimeout", "setInterval", "setImmediate", "queueMicrotask", "requestAnimationFrame"]);
const CLOCKS = new Set(["Date.now", "performance.now", "Math.random", "crypto.getRandomValues", "crypto.randomUUID", "Temporal.Now"]);

export const sansIo: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    const path = treePath(context.filename);
    const isStack = path.startsWith("stack/") && path !== "stack/runner.ts" && !path.endsWith("_test.ts");
    if (!isStack && !isLabFile(path)) return {};
    const mayWait = /^stack\/(link|socket|http)\//.test(path);
    const refuse = (node: Deno.lint.Node, what: string): void =>
      context.report({
        node,
        message: `${what}: time and chance come in as arguments`,
        hint: "Take `now` (milliseconds) or `random` from the caller",
      });
    const refuseAsync = (node: { async: boolean } & Deno.lint.Node): void => {
      if (node.async && !mayWait) {
        context.report({ node, message: "async: nothing here waits", hint: "Say when to be called again with nextDeadline()" });
      }
    };
    return {
      CallExpression(node): void {
        if (node.callee.type === "Identifier" && TIMERS.has(node.callee.name)) refuse(node, `${node.callee.name}()`);
      },
      MemberExpression(node): void {
        if (node.object.type !== "Identifier" || node.property.type !== "Identifier") return;
        const name = `${node.object.name}.${node.property.name}`;
        if (CLOCKS.has(name)) refuse(node, name);
      },
      NewExpression(node): void {
        if (node.callee.type === "Identifier" && node.callee.name === "Date" && node.arguments.length === 0) refuse(node, "new Date()");
      },
      FunctionDeclaration: refuseAsync,
      FunctionExpression: refuseAsync,
      ArrowFunctionExpression: refuseAsync,
    };
  },
};
