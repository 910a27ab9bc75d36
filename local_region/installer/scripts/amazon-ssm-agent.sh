#!/bin/bash
# A stand-in for the SSM agent: registers, keeps root's credentials fresh, pings. Nothing else.
#
#   amazon-ssm-agent -register -code CODE -id ID -region REGION
#   amazon-ssm-agent
#
# SIGUSR1 has it hibernate, as the real one does whose signature expired while it was offline: it
# renews and pings nothing any more, and a restart of its unit cures it (its issue 616). As the real
# one, it says so in its own log, /var/log/amazon/ssm/amazon-ssm-agent.log.
#
# Calls and signatures as github.com/aws/amazon-ssm-agent makes them (agent/ssm/rsaauth: SigV4 whose
# last step is RSA-PSS over SHA-256 with the instance's own key).
set -euo pipefail

ROOT="${LOCAL_REGION_ROOT:-}"
VAULT="$ROOT/var/lib/amazon/ssm/Vault/Store"
KEY_FILE="$VAULT/RegistrationKey"
ENDPOINT="$(jq -r .Ssm.Endpoint "$ROOT/etc/amazon/ssm/amazon-ssm-agent.json")"
CREDENTIALS="$ROOT/root/.aws/credentials"
VERSION="3.3.2299.0"
LOG="$ROOT/var/log/amazon/ssm/amazon-ssm-agent.log"
work="$(mktemp -d)"
trap 'rm -rf "$work"; kill $(jobs -p) 2>/dev/null || true' EXIT
# bash hears a signal only between commands, so pauses run beside it.
trap 'exit 0' TERM INT
pause() {
    sleep "$1" &
    wait $!
}

note() { # level [part] words
    echo "$(date -u '+%Y-%m-%d %H:%M:%S.0000') $1 $2 $3" >>"$LOG"
}

hibernate() {
    note INFO '[ssm-agent-worker]' "Entering SSM Agent hibernate - InvalidSignatureException: Signature expired"
    echo "Agent is in hibernate mode. Reducing logging." >&2
    while true; do pause 3600; done
}
trap hibernate USR1

call() { # operation body curl-options...
    local operation="$1" body="$2"
    shift 2
    curl -sS -o "$work/answer" -w '%{http_code}' -X POST "$ENDPOINT/" \
        -H 'Content-Type: application/x-amz-json-1.1' -H "X-Amz-Target: AmazonSSM.$operation" \
        --data-binary "$body" "$@" >"$work/status"
    [ "$(cat "$work/status")" == "200" ]
}

why() {
    echo "$(jq -r '.__type // "no answer"' "$work/answer"):" \
        "$(jq -r '.message // .Message // ""' "$work/answer")"
}

register() {
    local code="" id="" region=""
    while [ $# -gt 0 ]; do
        case "$1" in
        -register | -clear | -y) shift ;;
        -code) code="$2"; shift 2 ;;
        -id) id="$2"; shift 2 ;;
        -region) region="$2"; shift 2 ;;
        *) echo "unknown flag $1" >&2; exit 2 ;;
        esac
    done
    openssl genrsa -traditional -out "$work/key.pem" 2048 2>/dev/null
    local public private fingerprint
    public="$(openssl rsa -in "$work/key.pem" -pubout -outform DER 2>/dev/null | base64 -w0)"
    private="$(openssl rsa -in "$work/key.pem" -traditional -outform DER 2>/dev/null | base64 -w0)"
    fingerprint="$(cat /proc/sys/kernel/random/uuid)"
    if ! call RegisterManagedInstance "$(jq -nc --arg id "$id" --arg code "$code" --arg key "$public" \
        --arg fingerprint "$fingerprint" '{ActivationId: $id, ActivationCode: $code, PublicKey: $key,
        PublicKeyType: "Rsa", Fingerprint: $fingerprint}')"; then
        echo "ERROR Registration failed due to error registering the instance with AWS SSM. $(why)" >&2
        exit 1
    fi
    mkdir -p "$VAULT"
    (umask 077 && jq -nc --arg id "$(jq -r .InstanceId "$work/answer")" --arg region "$region" \
        --arg key "$private" --arg fingerprint "$fingerprint" '{instanceID: $id, region: $region,
        privateKey: $key, privateKeyType: "Rsa", fingerprint: $fingerprint}' >"$KEY_FILE.new")
    mv "$KEY_FILE.new" "$KEY_FILE"
    echo "Successfully registered the instance with AWS SSM using Managed instance-id:" \
        "$(jq -r .instanceID "$KEY_FILE")"
}

role_token() {
    local body date scope host digest canonical to_sign signature instance region
    instance="$(jq -r .instanceID "$KEY_FILE")"
    region="$(jq -r .region "$KEY_FILE")"
    body="$(jq -c '{Fingerprint: .fingerprint}' "$KEY_FILE")"
    jq -r .privateKey "$KEY_FILE" | base64 -d |
        openssl rsa -inform DER -traditional -out "$work/key.pem" 2>/dev/null
    date="$(date -u +%Y%m%dT%H%M%SZ)"
    scope="${date:0:8}/$region/ssm/aws4_request"
    host="${ENDPOINT#*://}"
    digest="$(printf %s "$body" | sha256sum | cut -d' ' -f1)"
    canonical="$(printf 'POST\n/\n\nhost:%s\nx-amz-date:%s\n\nhost;x-amz-date\n%s' "$host" "$date" "$digest")"
    to_sign="$(printf 'AWS4-HMAC-SHA256\n%s\n%s\n%s' "$date" "$scope" \
        "$(printf %s "$canonical" | sha256sum | cut -d' ' -f1)")"
    signature="$(printf %s "$to_sign" | openssl dgst -sha256 -sign "$work/key.pem" \
        -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 | base64 -w0)"
    call RequestManagedInstanceRoleToken "$body" -H "X-Amz-Date: $date" -H "Authorization: AWS4-HMAC-SHA256 \
Credential=$instance/$scope, SignedHeaders=host;x-amz-date, Signature=$signature"
}

share() {
    mkdir -p "$(dirname "$CREDENTIALS")"
    (umask 077 && jq -r '"[default]\naws_access_key_id = \(.AccessKeyId)\n" +
        "aws_secret_access_key = \(.SecretAccessKey)\naws_session_token = \(.SessionToken)"' \
        "$work/answer" >"$CREDENTIALS.new")
    mv "$CREDENTIALS.new" "$CREDENTIALS"
}

ping() {
    local key secret token
    key="$(sed -n 's/^aws_access_key_id = //p' "$CREDENTIALS")"
    secret="$(sed -n 's/^aws_secret_access_key = //p' "$CREDENTIALS")"
    token="$(sed -n 's/^aws_session_token = //p' "$CREDENTIALS")"
    # A secret on a command line is everybody's; curl reads it from a file.
    (umask 077 && printf 'user = "%s:%s"\nheader = "X-Amz-Security-Token: %s"\n' \
        "$key" "$secret" "$token" >"$work/secret")
    call UpdateInstanceInformation "$(jq -nc --arg id "$(jq -r .instanceID "$KEY_FILE")" \
        --arg version "$VERSION" --arg name "$(. /etc/os-release && echo "$NAME")" \
        --arg release "$(. /etc/os-release && echo "${VERSION_ID:-}")" --arg host "$(uname -n)" \
        '{InstanceId: $id, AgentName: "amazon-ssm-agent", AgentStatus: "Active",
        AgentVersion: $version, PlatformType: "Linux", PlatformName: $name,
        PlatformVersion: $release, ComputerName: $host}')" \
        --config "$work/secret" --aws-sigv4 "aws:amz:$(jq -r .region "$KEY_FILE"):ssm"
}

if [ "${1:-}" == "-register" ]; then
    register "$@"
    exit 0
fi
mkdir -p "$(dirname "$LOG")"
note INFO '[amazon-ssm-agent]' "Starting Core Agent: amazon-ssm-agent - v$VERSION"
while true; do
    if role_token; then
        share
        note INFO '[CredentialRefresher]' "Credentials ready"
        # Six pings of five minutes are half the life of the credentials.
        for _ in 1 2 3 4 5 6; do
            ping || { echo "ping: $(why)" >&2; pause 5; break; }
            pause 300
        done
    else
        echo "credentials: $(why)" >&2
        pause 5
    fi
done
