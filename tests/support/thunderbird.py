"""Thunderbird without a screen, steered over Marionette (its own length-prefixed JSON protocol) on loopback."""

import json
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from mssmail.lab.layout import Lab, LabAccount
from tests.support.ports import find_port_base

_START_SECONDS = 60

# What a test's script finds defined. Functions, because Thunderbird's objects do not cross to us.
_PRELUDE = """
const {MailServices} = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const pause = ms => new Promise(resolve => {
  globalThis.pauseTimer = Cc["@mozilla.org/timer;1"].createInstance(Ci.nsITimer);
  globalThis.pauseTimer.initWithCallback(resolve, ms, 0);
});
const until = async (holds, tries = 300) => {
  for (let i = 0; i < tries && !holds(); i++) { await pause(200); }
  return holds();
};
const server = MailServices.accounts.accounts.find(each => each.incomingServer.type == "imap").incomingServer;
const inbox = () => server.rootFolder.getFolderWithFlags(0x1000);
const tabmail = () => Services.wm.getMostRecentWindow("mail:3pane").document.getElementById("tabmail");
const letter = subject => [...inbox().messages].find(each => each.mime2DecodedSubject.includes(subject));
const about = () => tabmail().currentAboutMessage;
// Open it in the message pane, until its signature is judged; its row may move while the list still fills.
const openLetter = async subject => {
  inbox().updateFolder(null);
  if (!await until(() => letter(subject))) { return "the letter is not listed"; }
  const pane = tabmail().currentAbout3Pane, key = letter(subject).messageKey;
  pane.displayFolder(inbox().URI);
  const isShown = () => {
    if (about()?.gMessage?.messageKey == key) { return about().gSignatureStatus >= 0; }
    const row = pane.gViewWrapper?.getViewIndexForMsgHdr(letter(subject), true) ?? -1;
    const isListed = row >= 0 && row < (pane.threadTree?.view?.rowCount ?? 0);
    if (isListed && pane.threadTree.selectedIndex != row) { pane.threadTree.selectedIndex = row; }
    return false;
  };
  return await until(isShown) || "its signature is not judged";
};
"""


class Thunderbird:
    """A fresh profile with one account of the lab, the lab's CA trusted, its password remembered."""

    def __init__(self, profile: Path, lab: Lab, account: LabAccount, *, starttls: bool = False) -> None:
        self._port = find_port_base() + 77
        self._profile, self._number = profile, 0
        profile.mkdir()
        preferences = {**_build_preferences(lab, account, starttls=starttls), "marionette.port": self._port}
        lines = [f"user_pref({json.dumps(key)}, {json.dumps(value)});" for key, value in preferences.items()]
        own = {"HOME": str(profile), "TMPDIR": str(profile)}  # sharing a TMPDIR, two lose their drafts
        (profile / "user.js").write_text("\n".join(lines))
        with (profile / "out.log").open("wb") as output:
            options = ["--headless", "--profile", str(profile), "--no-remote", "--marionette"]
            self._process = subprocess.Popen(
                ["thunderbird", *options, "--remote-allow-system-access"],
                stdout=output,
                stderr=output,
                env={**{key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}, **own},
            )
        try:
            self._socket = self._connect()
            self._stream = self._socket.makefile("rb")
            self._read()
            self._command("WebDriver:NewSession", {})
            self._command("Marionette:SetContext", {"value": "chrome"})
            self._command("WebDriver:SetTimeouts", {"script": 240_000})
            self._trust(lab, account)
        except BaseException:
            self._end()
            raise

    def run(self, script: str) -> Any:
        """The value an asynchronous function body returns in Thunderbird's privileged context."""
        wrapped = f"const done = arguments[0]; (async () => {{ {_PRELUDE} {script} }})().then(done, e => done('' + e))"
        return self._command("WebDriver:ExecuteAsyncScript", {"script": wrapped, "args": []})["value"]

    def write(self, to: str, subject: str, *, receipt: bool) -> Any:
        """Write a letter in a compose window and press Send; True once the window has closed by itself."""
        values = json.dumps([to, subject, receipt])
        return self.run(f"""
            const [to, subject, receipt] = {values};
            const account = MailServices.accounts.accounts.find(each => each.incomingServer.type == "imap");
            const make = (name, kind) => Cc["@mozilla.org/messengercompose/" + name + ";1"].createInstance(kind);
            const fields = make("composefields", Ci.nsIMsgCompFields);
            fields.to = to; fields.subject = subject; fields.body = "Bonjour, voici l'été.";
            const params = make("composeparams", Ci.nsIMsgComposeParams);
            params.composeFields = fields; params.identity = account.defaultIdentity;
            params.type = Ci.nsIMsgCompType.New; params.format = Ci.nsIMsgCompFormat.PlainText;
            MailServices.compose.OpenComposeWindowWithParams(null, params);
            const find = () => Services.wm.getMostRecentWindow("msgcompose");
            if (!await until(() => find()?.gMsgCompose?.editor && find().gLoadingComplete !== false)) {{
              return "no compose window";
            }}
            await pause(1000);
            if (receipt) {{
              find().gMsgCompose.compFields.returnReceipt = true;
              find().gReceiptOptionChanged = true;
            }}
            find().goDoCommand("cmd_sendNow");
            return await until(() => !find());
        """)

    def show(self, subject: str) -> Any:
        """Open the letter with this subject in the message pane; True once its signature is judged, if it has one."""
        return self.run(f"return await openLetter({json.dumps(subject)});")

    def close(self) -> None:
        """End it."""
        self._stream.close()
        self._socket.close()
        self._end()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _trust(self, lab: Lab, account: LabAccount) -> None:
        pem = "".join(line for line in lab.ca_file.read_text().splitlines() if "-----" not in line)
        names = json.dumps([account.address, account.password, pem])
        self.run(f"""
            const [user, password, ca] = {names};
            Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).addCertFromBase64(ca, "CT,C,C");
            for (const kind of ["imap", "smtp"]) {{
              const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
              login.init(kind + "://127.0.0.1", null, kind + "://127.0.0.1", user, password, "", "");
              await Services.logins.addLoginAsync(login);
            }}
        """)

    def _connect(self) -> socket.socket:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self._port), timeout=300)
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _read(self) -> Any:
        size = b""
        while (octet := self._stream.read(1)) != b":":
            if not octet:
                raise EOFError("Thunderbird closed Marionette")
            size += octet
        return json.loads(self._stream.read(int(size)))

    def _command(self, name: str, parameters: dict[str, object]) -> dict[str, Any]:
        self._number += 1
        raw = json.dumps([0, self._number, name, parameters]).encode()
        self._socket.sendall(str(len(raw)).encode() + b":" + raw)
        _kind, _number, error, result = self._read()
        if error:
            raise AssertionError(f"{error['error']}: {error['message']}")
        return dict(result or {})


def _build_preferences(lab: Lab, account: LabAccount, *, starttls: bool) -> dict[str, object]:
    ports = lab.find_operator(account.operator).ports
    imap, smtp = "mail.server.server1", "mail.smtpserver.smtp1"
    return {
        "mail.accountmanager.accounts": "account1,account2",
        "mail.accountmanager.defaultaccount": "account1",
        "mail.accountmanager.localfoldersserver": "server2",
        "mail.account.account1.identities": "id1",
        "mail.account.account1.server": "server1",
        "mail.account.account2.server": "server2",
        "mail.identity.id1.fullName": account.display_name,
        "mail.identity.id1.useremail": account.address,
        "mail.identity.id1.smtpServer": "smtp1",
        "mail.identity.id1.valid": True,
        f"{imap}.hostname": "127.0.0.1",
        f"{imap}.port": ports.imaps,
        f"{imap}.socketType": 3,  # TLS from the start
        f"{imap}.type": "imap",
        f"{imap}.userName": account.address,
        f"{imap}.name": account.address,
        f"{imap}.authMethod": 3,  # the password, inside TLS
        f"{imap}.login_at_startup": False,
        "mail.server.server2.hostname": "Local Folders",
        "mail.server.server2.name": "Local Folders",
        "mail.server.server2.type": "none",
        "mail.server.server2.userName": "nobody",
        "mail.smtpservers": "smtp1",
        "mail.smtp.defaultserver": "smtp1",
        f"{smtp}.hostname": "127.0.0.1",
        f"{smtp}.port": ports.submission if starttls else ports.submissions,
        f"{smtp}.try_ssl": 2 if starttls else 3,
        f"{smtp}.username": account.address,
        f"{smtp}.authMethod": 3,
        "mail.provider.suppress_dialog_on_startup": True,
        "mailnews.start_page.enabled": False,
        "mail.shell.checkDefaultClient": False,
        "datareporting.policy.dataSubmissionEnabled": False,
        "toolkit.telemetry.enabled": False,
        "app.update.enabled": False,
        "extensions.update.enabled": False,
    }
