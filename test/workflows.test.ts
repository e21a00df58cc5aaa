import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> };
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly on: Readonly<Record<string, unknown>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, '.github', 'workflows');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  readonly engines: { readonly node: string };
  readonly scripts: Readonly<Record<string, string>>;
};
const workflows = readdirSync(folder).map((file) => {
  const text = readFileSync(join(folder, file), 'utf8');
  return { file, text, ...(parse(text) as Workflow) };
});
const named = workflows.map((workflow) => [workflow.file, workflow] as const);

const stepsOf = ({ jobs }: Workflow) => Object.values(jobs).flatMap(({ steps }) => steps);
const workflow = (name: string) => {
  const found = workflows.find((each) => each.file === name);
  if (found === undefined) throw new Error(`There is no workflow ${name}.`);
  return found;
};

describe.each(named)('the workflow %s', (_, each) => {
  it('uses actions by their commit, and says which version that is', () => {
    const lines = each.text.split('\n').filter((line) => /^\s*(- )?uses:/.test(line));
    expect(lines.length).toBe(stepsOf(each).filter(({ uses }) => uses !== undefined).length);
    for (const line of lines)
      expect(line).toMatch(/uses: [\w-]+(\/[\w-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('may read the repository and nothing else, unless a job says why', () => {
    expect(each.permissions).toEqual({ contents: 'read' });
    for (const [name, { permissions = {} }] of Object.entries(each.jobs)) {
      const writes = Object.keys(permissions).filter((key) => permissions[key] === 'write');
      for (const right of writes) {
        const reason = new RegExp(`# [^\\n]+\\n\\s+${right}: write`);
        expect(each.text, `${name} may write ${right} without a reason`).toMatch(reason);
      }
    }
  });

  it('names only npm scripts, and files, that exist', () => {
    const commands = stepsOf(each).flatMap(({ run }) => (run === undefined ? [] : [run]));
    const scripts = commands.flatMap((run) => [...run.matchAll(/npm run ([\w:-]+)/g)]);
    for (const [, script = ''] of scripts) expect(Object.keys(manifest.scripts)).toContain(script);
    const files = commands.flatMap((run) => [
      ...run.matchAll(/(?<![\w/.])((?:\.ci|test)\/[\w./-]+)/g),
    ]);
    for (const [, file = ''] of files) expect(() => read(file)).not.toThrow();
  });

  it('ends, and leaves no credentials in the checkout', () => {
    for (const job of Object.values(each.jobs)) expect(job['timeout-minutes']).toBeGreaterThan(0);
    const checkouts = stepsOf(each).filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    for (const step of checkouts) expect(step.with).toMatchObject({ 'persist-credentials': false });
  });

  it('puts nothing that a stranger may write into a shell', () => {
    for (const { run = '' } of stepsOf(each)) expect(run).not.toContain('${{ github');
    expect(Object.keys(each.on)).not.toContain('pull_request_target');
  });
});

it('the versions of Node.js that are tried begin with the first that the package promises', () => {
  const { jobs } = workflow('ci.yml');
  const tried = (jobs['smoke']?.strategy?.matrix['node'] ?? []).map(String);
  expect(manifest.engines.node).toBe(`>=${tried[0]}`);
  expect(tried).toEqual(['22.13', '22', '24', '26']);
  expect(jobs['smoke']?.strategy?.matrix['system']).toHaveLength(3);
  expect(jobs['check']?.strategy?.matrix['postgres']).toEqual([13, 15, 18]);
});

it('a release publishes the tarball that was checked, and no secret is near its building', () => {
  const { jobs, text } = workflow('release.yml');
  expect(text).not.toContain('secrets.');
  expect(jobs['build']?.permissions).toBeUndefined();
  const published = jobs['publish']?.steps.flatMap(({ run = [] }) => run);
  expect(published).toEqual(['npm publish ./orderchart.tgz --provenance --access public']);
});
