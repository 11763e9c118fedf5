#!/bin/sh
# await-unused: waits until Cloudflare allows the deletion of a client certificate. Pulumi's provider tries only once.
# Cloudflare refuses while it deploys the certificate (1434), and for some time after the last name stopped using it (1433).
#
# Environment: ZONE and CERTIFICATE (their ids), NAMES (host names that used it), CLOUDFLARE_API_TOKEN.
# It never fails: after five minutes, or if it cannot read the status, the provider tries the deletion anyway.
set -u

api=${CLOUDFLARE_BASE_URL:-https://api.cloudflare.com/client/v4}
deadline=$(($(date +%s) + 300))

# The token goes through standard input, because every user of this machine can see arguments.
ask() {
    printf 'header = "Authorization: Bearer %s"\n' "${CLOUDFLARE_API_TOKEN:-}" |
        curl --silent --max-time 10 --config - "$api/zones/$ZONE/origin_tls_client_auth/hostnames/$1" | tr -d ' \n'
}

unused() {
    case $(ask "certificates/$CERTIFICATE") in
        *'"status":"initializing"'* | *'"status":"pending_deployment"'*) return 1 ;;
        *'"status":"'*) ;;
        *) return 1 ;;
    esac
    for name in $NAMES; do
        case $(ask "$name") in
            # 1553: no setting for this name.
            *'"code":1553'* | *'"enabled":null'*) ;;
            *"\"cert_id\":\"$CERTIFICATE\""*) return 1 ;;
            # Another certificate is in use.
            *'"cert_id":"'*) ;;
            *) return 1 ;;
        esac
    done
}

echo "Waiting until Cloudflare no longer uses the client certificate: seconds, sometimes minutes."
if ! command -v curl >/dev/null; then
    sleep 60
    exit 0
fi
until unused || [ "$(date +%s)" -ge "$deadline" ]; do
    sleep 3
done
