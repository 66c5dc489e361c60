/** What our modules export, by `deno doc`: so that `path#symbol` in a document stays true. */

interface DocNodes {
  readonly nodes: Readonly<Record<string, { readonly symbols?: readonly DocSymbol[] }>>;
}

interface DocSymbol {
  readonly name: string;
  readonly declarations: readonly { readonly def?: { readonly properties?: readonly Named[]; readonly methods?: readonly Named[] } }[];
}

interface Named {
  readonly name: string;
}

/** For each path: its exported names, and "Name.member" for the members of classes and interfaces. */
export async function exportedSymbols(paths: readonly string[]): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  if (paths.length === 0) return found;
  const output = await new Deno.Command(Deno.execPath(), { args: ["doc", "--json", ...paths], stderr: "piped" }).output();
  if (!output.success) throw new Error(new TextDecoder().decode(output.stderr).trim());
  const { nodes } = JSON.parse(new TextDecoder().decode(output.stdout)) as DocNodes;
  for (const path of paths) {
    const url = Object.keys(nodes).find((url) => url.endsWith(`/${path}`));
    const names = (nodes[url ?? ""]?.symbols ?? []).flatMap((symbol) => [
      symbol.name,
      ...symbol.declarations.flatMap(({ def }) => [...def?.properties ?? [], ...def?.methods ?? []]).map((member) =>
        `${symbol.name}.${member.name}`
      ),
    ]);
    found.set(path, new Set(names));
  }
  return found;
}
