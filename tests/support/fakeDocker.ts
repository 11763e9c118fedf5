/** Answers of a fake docker to site-apply, as patterns for `case "$*" in` of its shell script. */

/** The engine works, and Compose is installed. */
export const engineAnswers = `'info '*) echo '{"folder": "/nowhere", "memory": 0, "cores": 2, "plugins": [{"Name": "compose"}]}' ;;`;

/** The compose.yaml of a release has the service `web`, which differs from its running container. */
export const webAnswers = `
    *' config --format json') echo '{"services": {"web": {}}}' ;;
    *--hash*) echo 'web new' ;;
    *' --format {{.ID}} '*) echo 'c0ffee running none-web-1 none_default web False ' ;;
    'ps '*) echo c0ffee ;;`;
