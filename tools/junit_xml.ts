/**
 * JUnit XML of plain results, for programs that collect them. What graders write has more in it (`grade/formats/junit.ts`). Characters that
 * XML 1.0 does not have are shown as "�".
 */

export interface JunitCase {
  readonly suite: string;
  readonly name: string;
  readonly outcome: "passed" | "skipped" | "failure" | "error";
  readonly seconds?: number;
  readonly message?: string;
  readonly text?: string;
}

/** The file's text: a suite for each name of one, in order of appearance. */
export function junitDocument(name: string, cases: readonly JunitCase[]): string {
  const suites = Map.groupBy(cases, ({ suite }) => suite);
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites name="${attribute(name)}" ${counts(cases)}>`,
    ...[...suites].flatMap(([suite, of]) => [
      `  <testsuite name="${attribute(suite)}" ${counts(of)}>`,
      ...of.map(testcase),
      `  </testsuite>`,
    ]),
    `</testsuites>`,
    "",
  ].join("\n");
}

function testcase({ suite, name, outcome, seconds = 0, message = "", text = "" }: JunitCase): string {
  const head = `    <testcase classname="${attribute(suite)}" name="${attribute(name)}" time="${seconds.toFixed(3)}"`;
  if (outcome === "passed") return `${head}/>`;
  const element = outcome === "skipped"
    ? `<skipped message="${attribute(message)}"/>`
    : `<${outcome} message="${attribute(message)}">${content(text)}</${outcome}>`;
  return `${head}>\n      ${element}\n    </testcase>`;
}

function counts(cases: readonly JunitCase[]): string {
  const count = (outcome: JunitCase["outcome"]): number => cases.filter((each) => each.outcome === outcome).length;
  return `tests="${cases.length}" failures="${count("failure")}" errors="${count("error")}" skipped="${count("skipped")}"`;
}

function content(text: string): string {
  // deno-lint-ignore no-control-regex
  const legal = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu, "�");
  return legal.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function attribute(text: string): string {
  return content(text).replaceAll('"', "&quot;").replaceAll("\n", "&#10;").replaceAll("\t", "&#9;");
}
