/** The import rules of `tools/layers.ts`, underlined where they are broken. */
import { refuseImport } from "../layers.ts";
import { treePath } from "./tree_path.ts";

/** The path that a specifier in the file `from` means; a package stays its bare name. */
function resolve(from: string, specifier: string): string {
  return specifier.startsWith(".") ? new URL(specifier, `file:///${from}`).pathname.slice(1) : specifier;
}

export const layers: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    const from = treePath(context.filename);
    const look = (source: Deno.lint.Node | null, typeOnly: boolean): void => {
      if (source?.type !== "Literal" || typeof source.value !== "string") return;
      const to = resolve(from, source.value);
      const why = refuseImport(from, to, typeOnly);
      if (why !== undefined) context.report({ node: source, message: `${from} may not import ${to}: ${why}` });
    };
    return {
      ImportDeclaration(node): void {
        const inline = node.specifiers.length > 0 &&
          node.specifiers.every((specifier) => specifier.type === "ImportSpecifier" && specifier.importKind === "type");
        look(node.source, node.importKind === "type" || inline);
      },
      ExportNamedDeclaration(node): void {
        look(node.source, node.exportKind === "type");
      },
      ExportAllDeclaration(node): void {
        look(node.source, node.exportKind === "type");
      },
      ImportExpression(node): void {
        look(node.source, false);
      },
    };
  },
};
