"""The enrolment bundle on a stick, and the keys that it counts by."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk_agent.bootstrap.finding import found_bundle, read_file, sticks, verifying_keys
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.refusing import StoppedError
from provisioning.bundles.sealing import make_passphrase
from tests.support.bare_host import bare_host, ran
from tests.support.bundles import bundle_key, signed
from tests.support.venue_host import VenueHost


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[VenueHost, Host]]:
    with bare_host(tmp_path / "host", monkeypatch) as both:
        yield both


def found(host: Host) -> Path:
    with found_bundle(host) as path:
        return path


def test_the_one_bundle_on_a_mounted_stick_is_found(bare: tuple[VenueHost, Host]) -> None:
    venue, host = bare
    venue.write("media/olga/STICK/harbour-hall.eventpro", "x")
    venue.write("media/olga/STICK/deep/er/old.eventpro", "x")
    venue.write("media/olga/STICK/holiday.jpg", "x")
    assert found(host).name == "harbour-hall.eventpro"


def test_what_a_computer_leaves_beside_a_bundle_is_none(bare: tuple[VenueHost, Host]) -> None:
    venue, host = bare
    venue.write("media/olga/STICK/harbour-hall.eventpro", "x")
    venue.write("media/olga/STICK/._harbour-hall.eventpro", "x")
    venue.write("media/usb/.Trash-1000/old.eventpro", "x")
    assert found(host).name == "harbour-hall.eventpro"


def test_two_folders_deep_counts_from_where_a_stick_is_mounted(
    bare: tuple[VenueHost, Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    venue, host = bare
    stick = host.path("/media/olga/STICK")
    monkeypatch.setattr(Path, "is_mount", lambda self: self == stick)
    venue.write("media/olga/STICK/for/us/too/deep.eventpro", "x")
    venue.write("media/olga/STICK/for/us/harbour-hall.eventpro", "x")
    venue.write("media/zoe/else/where/deep.eventpro", "x")
    assert found(host).name == "harbour-hall.eventpro"


def test_several_bundles_are_named_and_none_is_taken(bare: tuple[VenueHost, Host]) -> None:
    venue, host = bare
    venue.write("media/usb/harbour-hall.eventpro", "x")
    venue.write("mnt/old-mill.eventpro", "x")
    with pytest.raises(StoppedError) as stopped:
        found(host)
    assert "harbour-hall.eventpro" in str(stopped.value)
    assert "old-mill.eventpro" in str(stopped.value)
    assert "--bundle FILE" in stopped.value.what_to_do


def test_without_a_stick_it_says_to_plug_one_in(bare: tuple[VenueHost, Host]) -> None:
    with pytest.raises(StoppedError) as stopped:
        found(bare[1])
    assert "Plug the stick in" in stopped.value.what_to_do


LSBLK = {
    "blockdevices": [
        {
            "name": "/dev/sda",
            "rm": False,
            "hotplug": False,
            "fstype": None,
            "label": None,
            "mountpoint": None,
            "children": [
                {"name": "/dev/sda1", "rm": False, "fstype": "ext4", "mountpoint": "/"},
                {"name": "/dev/sda2", "rm": False, "fstype": "ext4", "mountpoint": None},
                {"name": "/dev/sda3", "fstype": "vfat", "label": "EVENTPRO", "mountpoint": None},
            ],
        },
        {
            "name": "/dev/sdb",
            "rm": True,
            "hotplug": True,
            "fstype": None,
            "mountpoint": None,
            "children": [
                {"name": "/dev/sdb1", "rm": True, "fstype": "vfat", "mountpoint": None},
                {"name": "/dev/sdb2", "rm": True, "fstype": "vfat", "mountpoint": "/media/x"},
            ],
        },
        {"name": "/dev/sdc", "hotplug": True, "fstype": "exfat", "mountpoint": None},
    ]
}


def test_removable_devices_that_nobody_mounted_are_looked_at(
    bare: tuple[VenueHost, Host],
) -> None:
    venue, host = bare
    venue.write("run/lsblk.json", json.dumps(LSBLK))
    assert sticks(host) == ["/dev/sda3", "/dev/sdb1", "/dev/sdc"]


def test_a_stick_is_mounted_read_only_for_as_long_as_it_is_read(
    bare: tuple[VenueHost, Host],
) -> None:
    venue, host = bare
    venue.write("run/lsblk.json", json.dumps(LSBLK))
    mount = venue.root / "tools/mount"
    mount.write_text(
        '#!/bin/bash\necho "mount $*" >>"$LOCAL_REGION_ROOT/run/ran"\n'
        '[ "$3" == /dev/sdb1 ] && touch "$4/harbour-hall.eventpro"\n'
    )
    with found_bundle(host) as path:
        assert path.name == "harbour-hall.eventpro"
        assert not any(one.startswith("umount") for one in ran(venue))
    said = ran(venue)
    assert sum(one.startswith("mount -o ro,nosuid,nodev,noexec /dev/") for one in said) == 3
    assert f"umount {path.parent}" in said


def test_keys_come_with_the_package_or_by_name_and_never_from_a_bundle(
    bare: tuple[VenueHost, Host], tmp_path: Path
) -> None:
    venue, host = bare
    with pytest.raises(StoppedError) as stopped:
        verifying_keys(host, [])
    assert "no key to verify bundles with" in str(stopped.value)
    key, public = bundle_key(tmp_path)
    assert list(verifying_keys(host, [public])) == [key.key_id]
    venue.write("etc/eventpro/bundle-keys.d/ops.pem", public.read_text())
    assert list(verifying_keys(host, [])) == [key.key_id]
    public.write_text("no key")
    with pytest.raises(StoppedError, match="is no key"):
        verifying_keys(host, [public])


def test_an_altered_bundle_and_a_strangers_are_refused(
    bare: tuple[VenueHost, Host], tmp_path: Path
) -> None:
    key, public = bundle_key(tmp_path)
    keys = verifying_keys(bare[1], [public])
    path = tmp_path / "harbour-hall.eventpro"
    whole = signed(key, make_passphrase()).to_json()
    path.write_text(json.dumps(whole))
    assert read_file(path, keys)[0].body.cluster == "kiosks"
    altered = {**whole, "body": {**whole["body"], "cluster": "elsewhere"}}
    path.write_text(json.dumps(altered))
    with pytest.raises(StoppedError, match="signature does not hold"):
        read_file(path, keys)
    (tmp_path / "other").mkdir()
    stranger, _ = bundle_key(tmp_path / "other")
    path.write_text(json.dumps(signed(stranger, make_passphrase()).to_json()))
    with pytest.raises(StoppedError, match="which is not known here"):
        read_file(path, keys)
    with pytest.raises(StoppedError, match="No such file"):
        read_file(tmp_path / "gone", keys)
