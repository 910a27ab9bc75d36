#!/bin/bash
# A stand-in for AWS's ECS Anywhere installer: its flags, its files, its habits, none of its code.
# What it installs registers with the local region that served it. For laptops and tests alone.
#
# It behaves as scripts/ecs-anywhere-install.sh of github.com/aws/amazon-ecs-agent does, also where
# that is weak: without gpg it goes on, an installed agent keeps its cluster, a registered host stays
# as it is, what execute-command needs is fetched unverified and after the registration was used.
#
# LOCAL_REGION_ROOT: a folder to install into instead of /, on a machine that is no venue host.
# LOCAL_REGION_POLL_S: seconds between the ten looks for the ECS agent (10, as AWS's).
set -e

URL="@URL@"
ROOT="${LOCAL_REGION_ROOT:-}"
POLL_S="${LOCAL_REGION_POLL_S:-10}"
VAULT="$ROOT/var/lib/amazon/ssm/Vault/Store/RegistrationKey"
LIBEXEC="$ROOT/usr/libexec/amazon-ecs-init"
UNITS="$ROOT/etc/systemd/system"
EXEC="$ROOT/var/lib/ecs/deps/execute-command"
EXEC_VERSION="3.3.1611.0"
# The real one fetches the keys there, and unpinned; under AWS's own names so does this one.
KEYS="$URL"
[[ "$URL" != *.amazonaws.com ]] || KEYS="https://raw.githubusercontent.com"
KEYS="$KEYS/aws/amazon-ecs-agent/master/scripts"

fail() {
    echo "$1"
    echo ""
    echo "Installation Failed"
    exit 1
}

check_value() { # flag value
    [ "${2:0:2}" != "--" ] ||
        fail "Option $1 was passed an invalid value: $2. Perhaps you passed in an empty env var?"
}

usage() {
    echo "$(basename "$0") [--help] --region REGION --activation-code CODE --activation-id ID" \
        "[--cluster CLUSTER] [--enable-gpu] [--docker-install-source all|docker|distro|none]" \
        "[--ecs-version VERSION] [--ecs-endpoint ENDPOINT] [--certs-file FILE] [--skip-registration]" \
        "[--no-start] [--ip-compatibility ipv4|ipv6]"
}

REGION="" CODE="" ID="" CLUSTER="default" DOCKER="all" ENDPOINT="$URL" GPU=false
CERTS_FILE="" SKIP_REGISTRATION=false NO_START=false CHECK_SIGNATURES=true
while [ $# -gt 0 ]; do
    case "$1" in
    --help) usage; exit 0 ;;
    --region) check_value "$1" "$2"; REGION="$2"; shift 2 ;;
    --cluster) check_value "$1" "$2"; CLUSTER="$2"; shift 2 ;;
    --activation-code) check_value "$1" "$2"; CODE="$2"; shift 2 ;;
    --activation-id) check_value "$1" "$2"; ID="$2"; shift 2 ;;
    --docker-install-source) check_value "$1" "$2"; DOCKER="$2"; shift 2 ;;
    --ecs-endpoint) check_value "$1" "$2"; ENDPOINT="$2"; shift 2 ;;
    --certs-file) check_value "$1" "$2"; CERTS_FILE="$2"; shift 2 ;;
    --ecs-version | --deb-url | --rpm-url) check_value "$1" "$2"; shift 2 ;;
    --ip-compatibility)
        [ "$2" == "ipv4" ] || [ "$2" == "ipv6" ] ||
            fail "Invalid value for --ip-compatibility: $2. Must be 'ipv4' or 'ipv6'."
        shift 2
        ;;
    --skip-registration) SKIP_REGISTRATION=true; shift ;;
    --enable-gpu) GPU=true; shift ;;
    --no-start) NO_START=true; shift ;;
    --skip-gpg-check) CHECK_SIGNATURES=false; shift ;;
    *) fail "invalid option: [$1]" ;;
    esac
done

if [ -z "$ROOT" ]; then
    [ "$(id -u)" -eq 0 ] || fail "Please run as root."
    [ -d /run/systemd/system ] || fail "The install script currently supports only systemd."
fi
[ -n "$REGION" ] || fail "--region is required"
if ! $SKIP_REGISTRATION && { [ -z "$ID" ] || [ -z "$CODE" ]; }; then
    fail "Both --activation-id and --activation-code are required unless --skip-registration is specified."
fi
case "$(uname -m)" in
x86_64 | aarch64) ;;
*) fail "Unsupported architecture: $(uname -m)" ;;
esac

# Whatever is there already, it asks apt. On a machine that is no venue host apt stays alone, unless
# its folder has one of its own.
apt_is_ours() { [[ "$(command -v apt)" == "$ROOT"/* ]]; }
if apt_is_ours; then
    echo "# Trying to Update apt repos ..."
    apt update -y
    apt-get install -y curl jq
fi
for tool in curl jq python3; do
    command -v "$tool" >/dev/null || fail "This stand-in needs $tool."
done

fetch() { # name mode destination key
    mkdir -p "$(dirname "$3")"
    curl -fsS -o "$3.new" "$URL/_region/installer/$1" || fail "Failed to download $1"
    if $CHECK_SIGNATURES; then
        if command -v gpg >/dev/null; then
            curl -fsS -o "$3.asc" "$URL/_region/installer/$1.asc" || fail "Failed to download $1.asc"
            curl -fsS -o "$3.gpg" "$KEYS/$4" || fail "Failed to download $KEYS/$4"
            gpg --batch --quiet --import "$3.gpg" || fail "Failed to import the signing key"
            rm -f "$3.gpg"
            gpg --batch --verify "$3.asc" "$3.new" || fail "$1 GPG verification failed."
            rm -f "$3.asc"
        else
            echo "WARNING: gpg command not available on this server, not able to verify $1."
        fi
    fi
    chmod "$2" "$3.new"
    mv "$3.new" "$3"
}

unit() { # name command
    mkdir -p "$UNITS"
    cat >"$UNITS/$1.service" <<UNIT
[Unit]
Description=$1 (stand-in of a local region)

[Service]
Environment=LOCAL_REGION_ROOT=$ROOT
ExecStart=$2
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
UNIT
    systemctl daemon-reload
}

start() { # name
    systemctl enable "$1"
    if $NO_START; then
        echo "Skip starting $1 because --no-start is specified."
    else
        systemctl start "$1"
    fi
}

install_ssm_agent() {
    echo "# Trying to install ssm agent ..."
    if systemctl is-enabled amazon-ssm-agent &>/dev/null; then
        echo "SSM agent is already installed."
    else
        fetch amazon-ssm-agent 755 "$ROOT/usr/bin/amazon-ssm-agent" amazon-ssm-agent.gpg
        mkdir -p "$ROOT/etc/amazon/ssm"
        echo "{\"Ssm\": {\"Endpoint\": \"$URL\"}}" >"$ROOT/etc/amazon/ssm/amazon-ssm-agent.json"
        unit amazon-ssm-agent "$ROOT/usr/bin/amazon-ssm-agent"
    fi
    if [ -f "$VAULT" ] && [ -n "$(jq -r '.instanceID // empty' "$VAULT")" ]; then
        echo "SSM agent is already registered. Managed instance ID: $(jq -r .instanceID "$VAULT")"
        return
    fi
    systemctl stop amazon-ssm-agent &>/dev/null || true
    "$ROOT/usr/bin/amazon-ssm-agent" -register -code "$CODE" -id "$ID" -region "$REGION"
    start amazon-ssm-agent
    echo "SSM agent has been registered."
}

install_docker() {
    if command -v docker >/dev/null; then
        echo "docker is already installed, skipping installation"
    elif [ "$DOCKER" == "none" ]; then
        echo "Docker install source is none, not installing docker"
    else
        echo "This stand-in installs no Docker; its ECS agent runs no container."
    fi
}

copy_certs() {
    local certs=""
    echo "Copying certs for exec feature"
    if [ -n "$CERTS_FILE" ] && [ -f "$CERTS_FILE" ]; then
        certs="$CERTS_FILE"
    else
        [ -z "$CERTS_FILE" ] ||
            echo "Provided certs file does not exist, looking for certs in known possible locations"
        for place in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt \
            /etc/ssl/ca-bundle.pem /etc/pki/tls/cacert.pem \
            /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem /etc/ssl/cert.pem; do
            [ ! -f "$place" ] || { certs="$place"; break; }
        done
    fi
    [ -n "$certs" ] ||
        fail "Could not find certificates. Please rerun with --certs-file and provide a valid path"
    echo "Using $certs"
    openssl verify -x509_strict "$certs"
    mkdir -p "$EXEC/certs"
    cp "$certs" "$EXEC/certs/tls-ca-bundle.pem"
    chmod 400 "$EXEC/certs/tls-ca-bundle.pem"
}

fetch_exec_binaries() {
    echo "Downloading SSM binaries for exec feature"
    mkdir -p ssm-binaries
    curl "$URL/_region/installer/amazon-ssm-agent-binaries.tar.gz" -o ssm-binaries/amazon-ssm-agent.tar.gz
    tar -xvf ssm-binaries/amazon-ssm-agent.tar.gz -C ssm-binaries/
    mkdir -p "$EXEC/bin/$EXEC_VERSION"
    for binary in amazon-ssm-agent ssm-agent-worker ssm-session-worker; do
        cp "ssm-binaries/$binary" "$EXEC/bin/$EXEC_VERSION/$binary"
    done
    rm -rf ssm-binaries
}

exec_setup() {
    copy_certs
    fetch_exec_binaries
}

install_ecs_agent() {
    echo "# Trying to install ecs agent ..."
    if [ -x "$LIBEXEC" ]; then
        echo "ecs agent is already installed"
        return
    fi
    fetch amazon-ecs-init 755 "$LIBEXEC" amazon-ecs-agent.gpg
    mkdir -p "$ROOT/etc/ecs" "$ROOT/var/lib/ecs" "$ROOT/var/log/ecs"
    [ ! -f "$ROOT/etc/ecs/ecs.config" ] ||
        echo "/etc/ecs/ecs.config already exists, preserving existing config and appending cluster name."
    echo "ECS_CLUSTER=$CLUSTER" >>"$ROOT/etc/ecs/ecs.config"
    {
        echo "AWS_DEFAULT_REGION=$REGION"
        echo "ECS_EXTERNAL=true"
        echo "ECS_BACKEND_HOST=$ENDPOINT"
        ! $GPU || echo "ECS_ENABLE_GPU_SUPPORT=true"
    } >>"$ROOT/var/lib/ecs/ecs.config"
    unit ecs "$LIBEXEC"
    start ecs
}

wait_for_agent() {
    if $NO_START; then
        echo "--no-start is specified. Not verifying ecs agent startup."
        return
    fi
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        arn="$(timeout 10 curl -s "http://localhost:${LOCAL_REGION_INTROSPECTION_PORT:-51678}/v1/metadata" |
            jq -r '.ContainerInstanceArn // empty')" || arn=""
        if [ -n "$arn" ]; then
            echo "Ping ECS Agent registered successfully! Container instance arn: \"$arn\""
            return
        fi
        sleep "$POLL_S"
    done
    fail "Timed out waiting for ECS Agent to start. Please check logs at /var/log/ecs/ecs-agent.log"
}

$SKIP_REGISTRATION || install_ssm_agent
install_docker
exec_setup
install_ecs_agent
wait_for_agent
