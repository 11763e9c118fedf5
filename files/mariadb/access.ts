import type { Settings } from "../../settings/schema.ts";
import type { Secrets } from "../secrets.ts";

/** The database, and the user, of notebooks. */
export const NOTEBOOKS = "notebooks";
/** Whoever has this role was made by a release; it gives no rights. An app cannot have its name. */
const ROLE = "site_user";

/** A user of MariaDB's. */
export interface Account {
  user: string;
  password: string;
  /** Databases that it has all rights on, and none on any other. */
  databases: string[];
}

/** Who gets into the database: notebooks, and each app that asks for a database of its own. */
export function accountsOf({ apps }: Pick<Settings, "apps">, secrets: Secrets): Account[] {
  const own = apps.filter(({ database }) => database);
  const shared = own.filter(({ shared }) => shared).map(({ name }) => name);
  return [
    { user: NOTEBOOKS, password: secrets.notebooksDatabasePassword, databases: [NOTEBOOKS, ...shared] },
    ...own.map(({ name }) => ({
      user: name,
      password: passwordOf(name, secrets),
      databases: [name],
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
${accounts.map(accountSql).join("")}`;
}

function accountSql({ user, password, databases }: Account): string {
  const account = `${text(user)}@'%'`;
  const grants = databases.map((database) => `GRANT ALL PRIVILEGES ON ${name(database)}.* TO ${account};\n`);
  return `
CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY ${text(password)};
ALTER USER ${account} IDENTIFIED BY ${text(password)};
GRANT ${ROLE} TO ${account};
${grants.join("")}`;
}

/** A question whose answer is the statements that take away what no setting asks for any more. */
export function obsoleteSql(accounts: Account[]): string {
  const users = accounts.map(({ user }) => text(user)).join(", ");
  const rights = accounts.flatMap(({ user, databases }) =>
    databases.map((database) => `(${text(user)}, ${text(database)})`),
  );
  return `-- Which users and rights no setting asks for any more, answered as statements that take them away. Data stays.

SELECT CONCAT('DROP USER ', QUOTE(User), '@', QUOTE(Host), ';')
FROM mysql.roles_mapping
WHERE Role = ${text(ROLE)} AND Admin_option = 'N' AND User NOT IN (${users});

SELECT CONCAT('REVOKE ALL PRIVILEGES ON \`', Db, '\`.* FROM ', QUOTE(User), '@', QUOTE(Host), ';')
FROM mysql.db
WHERE User IN (${users}) AND (User, Db) NOT IN (${rights.join(", ")});
`;
}

const text = (value: string) => `'${value.replace(/['\\]/g, "\\$&")}'`;
const name = (value: string) => `\`${value.replaceAll("`", "``")}\``;
