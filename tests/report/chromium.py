"""A page as a browser has it: opened in headless Chromium, in a frame of a given width."""

import html
import json
import re
import shutil
import subprocess

import pytest

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

# A frame of its own has the width asked for; a window may not be so narrow.
_OUTER = """<!doctype html><title>waiting</title><body style="margin:0">
<iframe style="border:0;width:WIDTHpx;height:800px" srcdoc="PAGE"></iframe>
<script>
addEventListener("load", async () => {
  const page = document.querySelector("iframe").contentWindow;
  const found = {errors: page.errors};
  try { found.value = await (page => {SCRIPT})(page.document); }
  catch (error) { found.errors.push(String(error)); }
  document.title = JSON.stringify(found);
});
</script>"""
_WATCH = """<script>
errors = [];
addEventListener("error", event => errors.push(event.message || event.target.outerHTML), true);
console.error = console.warn = (...words) => errors.push(words.join(" "));
</script>"""


# Timers of the page are not waited for: its clock jumps to the next one.
QUICK = "--virtual-time-budget=5000"


def look(text, folder, width, script, *flags):
    """Return what a function body says of the `page`, a document; fail if the console complains.

    The body may return a promise, unless the browser's flags, if given, are without QUICK.
    """
    watched = text.replace("<head>", f"<head>{_WATCH}", 1)
    outer = _OUTER.replace("WIDTH", str(width)).replace("SCRIPT", script)
    path = folder / "outer.html"
    path.write_text(outer.replace("PAGE", html.escape(watched)))
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
               f"--user-data-dir={folder / 'profile'}", *(flags or [QUICK]),
               "--dump-dom", path.as_uri()]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "CONSOLE" not in done.stderr, done.stderr
    found = json.loads(html.unescape(re.search("<title>(.*?)</title>", done.stdout)[1]))
    assert found["errors"] == []
    return found["value"]
