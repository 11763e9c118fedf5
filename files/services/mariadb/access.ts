import type { App } from "../../../settings/apps/app.ts";
import type { Secrets } from "../../site/secrets.ts";

/** The name of the notebooks' database and of its user. */
export const NOTEBOOKS = "notebooks";
/** Marks the users that a release created; this role grants nothing. An app cannot have its name. */
const ROLE = "site_user";
/** A SQLAlchemy engine opens up to 15. */
const MOST_CONNECTIONS = 15;
/** Of max_connections in site.cnf, so that health checks and releases always find a free one. */
const ALL_CONNECTIONS = 96;
/** What notebooks may do in a shared database. */
const SHARED_RIGHTS = [
  ...["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REFERENCES", "INDEX", "ALTER"],
  ...["CREATE TEMPORARY TABLES", "LOCK TABLES", "CREATE VIEW", "SHOW VIEW", "DELETE HISTORY"],
].join(", ");
/**
 * Executing routines is not included: an app's function that runs with its caller's rights could read the notebooks'
 * database.
 */
const WITHHELD_RIGHTS = "EXECUTE, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER";

/** A MariaDB user. */
export interface Account {
  user: string;
  password: string;
  /** Its own databases, on which it has all rights. */
  databases: string[];
  /** Other users' databases, in which it may read and write. It has no rights on any other database. */
  shared: string[];
}

/** The database users: notebooks, and each app with a database. */
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

/** SQL for users, passwords and rights, which can run repeatedly. */
export function accessSql(accounts: Account[], rootPassword: string): string {
  return `-- Who gets into which database. Made from the stack's settings; run at each release, changes what differs.

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
      `GRANT ${SHARED_RIGHTS} ON ${name(database)}.* TO ${account};\n`,
      `REVOKE ${WITHHELD_RIGHTS} ON ${name(database)}.* FROM ${account};\n`,
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
  const { users, rights } = listsOf(accounts);
  return `-- Which users and rights no setting asks for any more, answered as statements that take them away. Data stays.

SELECT CONCAT('DROP USER ', QUOTE(User), '@', QUOTE(Host), '; KILL USER ', QUOTE(User), ';')
FROM mysql.roles_mapping
WHERE Role = ${text(ROLE)} AND Admin_option = 'N' AND User NOT IN (${users});

SELECT CONCAT('REVOKE ALL PRIVILEGES ON \`', Db, '\`.* FROM ', QUOTE(User), '@', QUOTE(Host), ';')
FROM mysql.db
WHERE User IN (${users}) AND (User, Db) NOT IN (${rights});
`;
}

/** A query that generates the statements to end sessions in databases on which their users have no rights any more. */
export function sessionsSql(accounts: Account[]): string {
  const { users, rights } = listsOf(accounts);
  return `-- Which sessions keep a right on a database that their user has lost, answered as statements that end them.

SELECT CONCAT('KILL ', ID, ';')
FROM information_schema.PROCESSLIST
WHERE USER IN (${users}) AND DB <> 'information_schema' AND (USER, DB) NOT IN (${rights});
`;
}

/** SQL lists: the users, and the pairs of user and database with rights. */
function listsOf(accounts: Account[]): { users: string; rights: string } {
  const rights = accounts.flatMap(({ user, databases, shared }) =>
    [...databases, ...shared].map((database) => `(${text(user)}, ${text(database)})`),
  );
  return { users: accounts.map(({ user }) => text(user)).join(", "), rights: rights.join(", ") };
}

const text = (value: string) => `'${value.replace(/['\\]/g, "\\$&")}'`;
const name = (value: string) => `\`${value.replaceAll("`", "``")}\``;
