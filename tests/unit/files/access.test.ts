import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { accessSql, accountsOf, obsoleteSql, sessionsSql } from "../../../files/services/mariadb/access.ts";
import { settingsWith } from "../../support/settings.ts";
import { secrets } from "../../support/site.ts";

const app = (name: string, more: object = {}) => ({ name, image: "docker.io/library/adminer:5", port: 8080, ...more });
const accounts = accountsOf(
  settingsWith({
    database: "true",
    apps: [app("phpdemo", { database: true, shared: true }), app("whoami", { database: true }), app("plain")],
  }).apps,
  secrets,
);

describe("Access to the database", () => {
  it("is given to notebooks and each app with a database, and to notebooks for shared databases", () => {
    assert.deepEqual(accounts, [
      { user: "notebooks", password: "secret-database-notebooks", databases: ["notebooks"], shared: ["phpdemo"] },
      { user: "phpdemo", password: "secret-database-phpdemo", databases: ["phpdemo"], shared: [] },
      { user: "whoami", password: "secret-database-whoami", databases: ["whoami"], shared: [] },
    ]);
  });

  it("is written as statements that can be run again", () => {
    assert.equal(
      accessSql([{ user: "my-app", password: "p", databases: ["my-app"], shared: ["other"] }], "r"),
      `-- Users, passwords and privileges from the stack's settings. Each release runs this file. It changes only what differs.

ALTER USER 'root'@'localhost' IDENTIFIED BY 'r';
CREATE ROLE IF NOT EXISTS site_user;

CREATE USER IF NOT EXISTS 'my-app'@'%' IDENTIFIED BY 'p' WITH MAX_USER_CONNECTIONS 15;
ALTER USER 'my-app'@'%' IDENTIFIED BY 'p' WITH MAX_USER_CONNECTIONS 15;
GRANT site_user TO 'my-app'@'%';
GRANT ALL PRIVILEGES ON \`my-app\`.* TO 'my-app'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES, CREATE VIEW, SHOW VIEW, DELETE HISTORY ON \`other\`.* TO 'my-app'@'%';
REVOKE EXECUTE, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER ON \`other\`.* FROM 'my-app'@'%';
`,
    );
  });

  it("grants privileges on named databases, and never on all", () => {
    const granted = accessSql(accounts, "r").match(/ON \S+ TO \S+;/g);
    assert.deepEqual(granted, [
      "ON `notebooks`.* TO 'notebooks'@'%';",
      "ON `phpdemo`.* TO 'notebooks'@'%';",
      "ON `phpdemo`.* TO 'phpdemo'@'%';",
      "ON `whoami`.* TO 'whoami'@'%';",
    ]);
  });

  it("limits connections to 15 per user, or fewer with many users", () => {
    const most = (users: number) => {
      const many = Array.from({ length: users }, (_, n) => ({
        user: `app${n}`,
        password: "p",
        databases: [],
        shared: [],
      }));
      return new Set(accessSql(many, "r").match(/MAX_USER_CONNECTIONS \d+/g));
    };
    assert.deepEqual(most(6), new Set(["MAX_USER_CONNECTIONS 15"]));
    assert.deepEqual(most(8), new Set(["MAX_USER_CONNECTIONS 12"]));
    assert.deepEqual(most(200), new Set(["MAX_USER_CONNECTIONS 1"]));
  });

  it("escapes quotes and backslashes in passwords", () => {
    const sql = accessSql([{ user: "a", password: "it's \\ `", databases: [], shared: [] }], "'");
    assert.match(sql, /IDENTIFIED BY 'it\\'s \\\\ `' WITH/);
    assert.match(sql, /'root'@'localhost' IDENTIFIED BY '\\'';/);
  });

  it("excludes current accounts from the queries for obsolete users, privileges and sessions", () => {
    const sql = obsoleteSql(accounts);
    assert.match(sql, /User NOT IN \('notebooks', 'phpdemo', 'whoami'\);/);
    const grants =
      "(('notebooks', 'notebooks'), ('notebooks', 'phpdemo'), ('phpdemo', 'phpdemo'), ('whoami', 'whoami'));";
    assert.ok(sql.includes(`(User, Db) NOT IN ${grants}`), sql);
    assert.ok(sessionsSql(accounts).includes(`(USER, DB) NOT IN ${grants}`));
  });
});
