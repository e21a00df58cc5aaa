import type { OrderRecord } from '../../../src/store/store.ts';
import { keyText, type Mutant } from './mutant.ts';

/** Faults in answers to commands, and in lists. */
export const answerMutants: readonly Mutant[] = [
  {
    name: 'a command that is asked for twice is answered once',
    killedBy: 'an identity that is requested twice is answered twice',
    mutate: (store) => ({
      findCommands: async (identities) => {
        const keys = identities.map(({ scope, key }) => JSON.stringify([scope, key]));
        return (await store.findCommands(identities)).map((command, index) =>
          keys.indexOf(keys[index] ?? '') === index ? command : undefined,
        );
      },
    }),
  },
  {
    name: 'a command with another fingerprint is another one',
    killedBy:
      'a duplicate is recognized by its identity alone, with the stored fingerprint and order',
    mutate: (store) => ({
      commit: (commits) =>
        store.commit(
          commits.map((commit) => ({
            ...commit,
            command: commit.command && {
              ...commit.command,
              key: `${commit.command.key} ${commit.command.fingerprint.slice(0, 2)}`,
            },
          })),
        ),
    }),
  },
  {
    name: 'a duplicate is answered with what was sent, not with what is stored',
    killedBy:
      'a duplicate is recognized by its identity alone, with the stored fingerprint and order',
    mutate: (store) => ({
      commit: async (commits) =>
        (await store.commit(commits)).map((outcome, index) => {
          const record = commits[index]?.command;
          return outcome.status === 'duplicate' && record ? { ...outcome, record } : outcome;
        }),
    }),
  },
  {
    name: 'the lists are brought up to date with events only',
    killedBy: 'an order moves from list to list even with a commit without events',
    mutate: (store) => {
      const listed = new Map<string, OrderRecord['status']>();
      return {
        commit: (commits) => {
          for (const { record, events } of commits) {
            if (record && events.length > 0) listed.set(keyText(record), record.status);
          }
          return store.commit(commits);
        },
        list: async ({ status = {}, ...query }) => {
          const page = await store.list(query);
          const isIn = (record: OrderRecord) =>
            Object.entries(status).every(
              ([region, state]) => listed.get(keyText(record))?.[region] === state,
            );
          return { ...page, records: page.records.filter(isIn) };
        },
      };
    },
  },
  {
    name: 'a page by customer and status forgets the status after the first',
    killedBy: 'pages by customer and status together neither repeat an order nor skip one',
    mutate: (store) => ({
      list: ({ status, ...query }) =>
        store.list(query.after || status === undefined ? query : { ...query, status }),
    }),
  },
];
