/** Files are `snake_case.ts` and named after what they hold: nobody looks for anything in `utils.ts` or `types.ts`. */
import { treePath } from "./tree_path.ts";

export const fileNames: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    return {
      Program(node): void {
        const name = treePath(context.filename).split("/").at(-1) ?? "";
        if (/^(utils?|types|helpers?|common|misc)\.ts$/.test(name)) {
          context.report({
            node,
            message: `"${name}" says nothing about what is in it`,
            hint: "Name the file after the one thing it holds",
          });
        } else if (!/^[a-z0-9_]+(\.[a-z]+)*$/.test(name)) {
          context.report({ node, message: `"${name}" is not in snake_case` });
        }
      },
    };
  },
};
