/**
 * JUnit XML. There is no standard; rules: testmoapp/junitxml, "Common JUnit XML Format & Examples", which says what tools write and
 * read, and GitLab's "Unit test reports" (names are unique; `classname` is shown as the suite). Attachments by both conventions: a property "attachment", and
 * the line `[[ATTACHMENT|path]]` of Jenkins' plugin "JUnit Attachments", with paths relative to the file.
 *
 * A student who could write such a line would have a CI server publish its own files; `plain.ts` sees to that.
 */
import type { LabView, Row, View } from "./view.ts";

/** The file's text. */
export function junitXml(view: View): string {
  const suites = view.labs.map(suite);
  const counts = countsOf(view.labs.flatMap((lab) => lab.rows));
  const time = view.labs.flatMap((lab) => lab.rows).reduce((sum, row) => sum + row.seconds, 0);
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites name="${attribute(`Wallsocket: ${view.name}`)}" ${counts} time="${time.toFixed(3)}">`,
    ...suites,
    `</testsuites>`,
    "",
  ].join("\n");
}

function suite(lab: LabView): string {
  const time = lab.rows.reduce((sum, row) => sum + row.seconds, 0);
  const tallies = { public: lab.public, ...(lab.hidden === undefined ? {} : { hidden: lab.hidden, total: lab.total }) };
  return [
    `  <testsuite name="${attribute(lab.folder)}" ${countsOf(lab.rows)} time="${time.toFixed(3)}">`,
    `    <properties>`,
    `      <property name="status" value="${attribute(lab.status)}"/>`,
    ...(lab.reason === undefined ? [] : [`      <property name="reason" value="${attribute(lab.reason)}"/>`]),
    ...Object.entries(tallies).map(([name, tally]) =>
      `      <property name="${name} points" value="${tally?.points} of ${tally?.ofPoints}"/>`
    ),
    `    </properties>`,
    ...lab.rows.map((row) => testcase(lab, row)),
    `  </testsuite>`,
  ].join("\n");
}

function testcase(lab: LabView, row: Row): string {
  const name = row.id === row.title ? row.id : `${row.id}: ${row.title}`;
  const file = row.file === undefined ? "" : ` file="${attribute(row.file)}"`;
  const open = `    <testcase name="${attribute(name)}" classname="${attribute(lab.folder)}" time="${row.seconds.toFixed(3)}"${file}`;
  if (row.outcome === "passed") return `${open}/>`;
  const attachments = row.files.map((path) => `        <property name="attachment" value="${attribute(path)}"/>`);
  return [
    `${open}>`,
    ...(attachments.length === 0 ? [] : [`      <properties>`, ...attachments, `      </properties>`]),
    outcomeElement(row),
    ...(attachments.length === 0
      ? []
      : [`      <system-out>`, ...row.files.map((path) => `[[ATTACHMENT|${content(path)}]]`), `      </system-out>`]),
    `    </testcase>`,
  ].join("\n");
}

function outcomeElement(row: Row): string {
  const message = attribute(row.details.find(({ label }) => label !== "Expected" && label !== "Read")?.text ?? row.outcome);
  if (row.outcome === "skipped") return `      <skipped message="${message}"/>`;
  const element = row.outcome === "broken" ? "error" : "failure";
  const lines = [
    ...row.details.map(({ label, text }) => `${label}: ${text}`),
    ...(row.transcript === undefined ? [] : ["", row.transcript]),
  ];
  return `      <${element} message="${message}" type="${attribute(row.outcome)}">${content(lines.join("\n"))}</${element}>`;
}

function countsOf(rows: readonly Row[]): string {
  const count = (...outcomes: readonly Row["outcome"][]): number => rows.filter((row) => outcomes.includes(row.outcome)).length;
  return `tests="${rows.length}" failures="${count("failed", "not written")}" errors="${count("broken")}" skipped="${count("skipped")}"`;
}

/** Text between tags. Characters that XML 1.0 does not allow at all were replaced in `plain.ts`. */
function content(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function attribute(text: string): string {
  return content(text).replaceAll('"', "&quot;").replaceAll("'", "&#39;").replaceAll("\n", "&#10;").replaceAll("\t", "&#9;");
}
