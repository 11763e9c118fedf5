import type { App } from "../../../settings/apps/app.ts";
import type { Secrets } from "../../site/secrets.ts";

/** The name of the notebooks' database and of its user. */
export const NOTEBOOKS = "notebooks";
/** A role without privileges. It marks the users that a release created. An app cannot have this name. */
const ROLE = "site_user";
/** The most connections of one user: a SQLAlchemy engine opens up to 15. */
const MOST_CONNECTIONS = 15;
/** The most connections of all users. site.cnf allows more (max_connections), for health checks and releases. */
const ALL_CONNECTIONS = 96;
/** Privileges of notebooks in a shared database. */
const SHARED_PRIVILEGES = [
  ...["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REFERENCES", "INDEX", "ALTER"],
  ...["CREATE TEMPORARY TABLES", "LOCK TABLES", "CREATE VIEW", "SHOW VIEW", "DELETE HISTORY"],
].join(", ");
/**
 * Privileges that notebooks do not have in a shared database. They cannot execute routines: an app's function that runs with
 * its caller's privileges could read the notebooks' database.
 */
const WITHHELD_PRIVILEGES = "EXECUTE, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER";

/** A MariaDB user. */
export interface Account {
  user: string;
  password: string;
  /** Its own databases, on which it has all privileges. */
  databases: string[];
  /** Other users' databases, in which it may read and write. It has no privileges on any other database. */
  shared: string[];
}

/** The database users: one for notebooks, and one for each app with a database. */
export function accountsOf(apps: App[], secrets: Secrets): Account[] {
  const own = apps.filter(({ database }) => database);
  const shared = own.filter(({ database }) => database !== false && database.shared).map(({ name }) => name);
  return [
    { user: NOTEBOOKS, password: secrets.notebooksDatabasePassword, databases: [NOTEBOOKS], shared },
    ...own.map(({ name }) => ({
      user: name,
      password: passwordOf(name, secrets),
      databases: [name],
      shared: [],
    })),
  ];
}

function passwordOf(app: string, { appDatabasePasswords }: Secrets): string {
  const password = appDatabasePasswords[app];
  // With an empty password, everybody could connect.
  if (!password) throw new Error(`The app ${app} has no password for its database.`);
  return password;
}

/** SQL that sets users, passwords and privileges. It can run repeatedly. */
export function accessSql(accounts: Account[], rootPassword: string): string {
  return `-- Users, passwords and privileges from the stack's settings. Each release runs this file. It changes only what differs.

ALTER USER 'root'@'localhost' IDENTIFIED BY ${text(rootPassword)};
CREATE ROLE IF NOT EXISTS ${ROLE};
${accounts.map((account) => accountSql(account, connectionsFor(accounts.length))).join("")}`;
}

/** Connections per user for this number of users, so that no user can take them all. */
function connectionsFor(users: number): number {
  return Math.max(1, Math.min(MOST_CONNECTIONS, Math.floor(ALL_CONNECTIONS / users)));
}

function accountSql({ user, password, databases, shared }: Account, connections: number): string {
  const account = `${text(user)}@'%'`;
  const identified = `${account} IDENTIFIED BY ${text(password)} WITH MAX_USER_CONNECTIONS ${connections}`;
  const grants = [
    ...databases.map((database) => `GRANT ALL PRIVILEGES ON ${name(database)}.* TO ${account};\n`),
    ...shared.flatMap((database) => [
      `GRANT ${SHARED_PRIVILEGES} ON ${name(database)}.* TO ${account};\n`,
      `REVOKE ${WITHHELD_PRIVILEGES} ON ${name(database)}.* FROM ${account};\n`,
    ]),
  ];
  return `
CREATE USER IF NOT EXISTS ${identified};
ALTER USER ${identified};
GRANT ${ROLE} TO ${account};
${grants.join("")}`;
}

/** A query that generates the DROP and REVOKE statements for everything the settings no longer declare. */
export function obsoleteSql(accounts: Account[]): string {
  const { users, grants } = listsOf(accounts);
  return `-- Generates statements that remove users and privileges which are no longer in the settings. Data stays.

SELECT CONCAT('DROP USER ', QUOTE(User), '@', QUOTE(Host), '; KILL USER ', QUOTE(User), ';')
FROM mysql.roles_mapping
WHERE Role = ${text(ROLE)} AND Admin_option = 'N' AND User NOT IN (${users});

SELECT CONCAT('REVOKE ALL PRIVILEGES ON \`', Db, '\`.* FROM ', QUOTE(User), '@', QUOTE(Host), ';')
FROM mysql.db
WHERE User IN (${users}) AND (User, Db) NOT IN (${grants});
`;
}

/** A query that generates the statements to end sessions in databases on which their users have no privileges any more. */
export function sessionsSql(accounts: Account[]): string {
  const { users, grants } = listsOf(accounts);
  return `-- Generates statements that end sessions in a database on which their user has no privileges any more.

SELECT CONCAT('KILL ', ID, ';')
FROM information_schema.PROCESSLIST
WHERE USER IN (${users}) AND DB <> 'information_schema' AND (USER, DB) NOT IN (${grants});
`;
}

/** SQL lists: the users, and the pairs of a user and a database on which it has privileges. */
function listsOf(accounts: Account[]): { users: string; grants: string } {
  const grants = accounts.flatMap(({ user, databases, shared }) =>
    [...databases, ...shared].map((database) => `(${text(user)}, ${text(database)})`),
  );
  return { users: accounts.map(({ user }) => text(user)).join(", "), grants: grants.join(", ") };
}

const text = (value: string) => `'${value.replace(/['\\]/g, "\\$&")}'`;
const name = (value: string) => `\`${value.replaceAll("`", "``")}\``;
