/**
 * Another's reading of a TAP report, for the tests: reads it from standard input and prints what node-tap's parser finds, as JSON. A
 * program of its own, with a lock file of its own, so that the package is fetched where these tests run and nowhere else.
 */
const PARSER = "npm:tap-parser@18.3.4"; // not a literal where it is imported: the tree's own graph and lock don't have it

const { Parser } = await import(PARSER);
console.log(JSON.stringify(Parser.parse(await new Response(Deno.stdin.readable).text())));
