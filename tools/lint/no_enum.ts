/** No `enum`: a union of strings is as fast, prints as itself, and leaves nothing behind when types are stripped. */
export const noEnum: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    return {
      TSEnumDeclaration(node): void {
        context.report({ node, message: "No enum", hint: 'Write a union of strings: type State = "open" | "closed"' });
      },
    };
  },
};
