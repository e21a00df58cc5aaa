/**
 * The members and the filters of subscriptions. The index returns members in the order in which
 * they joined, which is the order in which they share the partitions.
 */
export const version2 = `
CREATE TABLE members (
  subscription TEXT NOT NULL,
  owner TEXT NOT NULL,
  joined_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (subscription, owner)
) STRICT, WITHOUT ROWID;
CREATE TABLE filters (
  subscription TEXT NOT NULL PRIMARY KEY,
  filter TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_joined ON members (subscription, joined_at, owner);
`;
