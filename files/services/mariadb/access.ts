import type { App } from "../../../settings/apps/app.ts";
import type { Secrets } from "../../site/secrets.ts";

/** The database, and the user, of notebooks. */
export const NOTEBOOKS = "notebooks";
/** Whoever has this role was made by a release; it gives no rights. An app cannot have its name. */
const ROLE = "site_user";
/** An engine of SQLAlchemy's keeps up to 15. */
const MOST_CONNECTIONS = 15;
/** Of max_connections in site.cnf, so that health checks and releases always find a free one. */
const ALL_CONNECTIONS = 96;
/** What notebooks may do in a shared database. */
const SHARED_RIGHTS = [
  ...["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REFERENCES", "INDEX", "ALTER"],
  ...["CREATE TEMPORARY TABLES", "LOCK TABLES", "CREATE VIEW", "SHOW VIEW", "DELETE HISTORY"],
].join(", ");
/** What they may not: a function of the app's that runs with the rights of its caller would read the notebooks' database. */
const WITHHELD_RIGHTS = "EXECUTE, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER";

/** A user of MariaDB's. */
export interface Account {
  user: string;
  password: string;
  /** Databases of its own, on which it has all rights. */
  databases: string[];
  /** Databases of others, in which it may read and write. It has rights on no other database. */
  shared: string[];
}

/** Who gets into the database: notebooks, and each app that asks for a database of its own. */
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
  // An empty one would let anybody in.
  if (!password) throw new Error(`The app ${app} has no password for its database.`);
  return password;
}

/** Users, passwords and rights, as statements that may be run again and again. */
export function accessSql(accounts: Account[], rootPassword: string): string {
  return `-- Who gets into which database. Made from the stack's settings; run at each release, changes what differs.

ALTER USER 'root'@'localhost' IDENTIFIED BY ${text(rootPassword)};
CREATE ROLE IF NOT EXISTS ${ROLE};
${accounts.map((account) => accountSql(account, connectionsFor(accounts.length))).join("")}`;
}

/** How many connections each of so many users may have, so that none can take them all. */
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

/** A question whose answer is the statements that take away what no setting asks for any more. */
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

/** A question whose answer is the statements that end sessions in databases to which their users have no right any more. */
export function sessionsSql(accounts: Account[]): string {
  const { users, rights } = listsOf(accounts);
  return `-- Which sessions keep a right on a database that their user has lost, answered as statements that end them.

SELECT CONCAT('KILL ', ID, ';')
FROM information_schema.PROCESSLIST
WHERE USER IN (${users}) AND DB <> 'information_schema' AND (USER, DB) NOT IN (${rights});
`;
}

/** As lists of SQL: the users, and each with each database that it has rights on. */
function listsOf(accounts: Account[]): { users: string; rights: string } {
  const rights = accounts.flatMap(({ user, databases, shared }) =>
    [...databases, ...shared].map((database) => `(${text(user)}, ${text(database)})`),
  );
  return { users: accounts.map(({ user }) => text(user)).join(", "), rights: rights.join(", ") };
}

const text = (value: string) => `'${value.replace(/['\\]/g, "\\$&")}'`;
const name = (value: string) => `\`${value.replaceAll("`", "``")}\``;
