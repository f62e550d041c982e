import assert from "node:assert/strict";
import { test } from "node:test";
import { alertAddress, deviceKey, deviceLabel, failure, isIos, keyBytes, nextAt, readiness, readMessage } from "../src/core/push";
import { word } from "../src/core/words";

const ABLE = { worker: true, push: true, permission: "default", ios: false, installed: false };
const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1";

test("a browser that can take notifications may be asked", () => {
  assert.equal(readiness(ABLE, "key"), "ready");
  assert.equal(readiness({ ...ABLE, permission: "granted" }, "key"), "ready");
});

test("where it cannot the page says why", () => {
  assert.equal(readiness(ABLE, null), "no_keys");
  assert.equal(readiness({ ...ABLE, permission: "denied" }, "key"), "denied");
  assert.equal(readiness({ ...ABLE, push: false }, "key"), "none");
  assert.equal(readiness({ ...ABLE, worker: false }, "key"), "none");
});

test("iOS wants the page on the home screen first", () => {
  assert.equal(readiness({ ...ABLE, ios: true, push: false }, "key"), "install");
  assert.equal(readiness({ ...ABLE, ios: true, installed: true }, "key"), "ready");
  assert.equal(isIos(IPHONE, 5), true);
  assert.equal(isIos("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", 5), true);
  assert.equal(isIos("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", 0), false);
});

test("a device is called by its browser and system", () => {
  assert.equal(deviceLabel("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", false), "Chrome, Android");
  assert.equal(deviceLabel(IPHONE, true), "Safari, iOS");
  assert.equal(deviceLabel("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", false), "Firefox, Linux");
  assert.equal(deviceLabel("", false), "?");
});

test("a key of base64url has its bytes", () => {
  assert.deepEqual([...keyBytes("-_8A")], [251, 255, 0]);
});

test("a message is read whole or not at all", () => {
  const said = { title: "t", body: "b", alert: "a", topic: "o", action: "x", language: "en", until: 1 };
  assert.deepEqual(readMessage(said), said);
  assert.equal(readMessage({ ...said, until: "1" }), null);
  assert.equal(readMessage({ ...said, title: undefined }), null);
  assert.equal(readMessage(null), null);
  assert.equal(readMessage("x"), null);
});

test("a click opens an alert by its id and nothing else", () => {
  assert.equal(alertAddress("a".repeat(64)), `/#alert=${"a".repeat(64)}`);
  for (const strange of ["", "x&token=1", "//evil.example", `${"a".repeat(64)}&token=x`]) assert.equal(alertAddress(strange), "/");
});

test("a silence ends at the next such time, today or tomorrow", () => {
  const noon = Date.parse("2026-11-30T12:00:00-03:00") / 1000; // the desk's, wherever this test runs
  assert.equal(nextAt("14:00", noon), noon + 7200);
  assert.equal(nextAt("12:00", noon), noon + 86_400);
  assert.equal(nextAt("11:59", noon), noon + 86_340);
  assert.equal(nextAt("23:59", noon), noon + 43_140);
  assert.equal(nextAt("00:30", noon), noon + 45_000);
  assert.equal(nextAt("24:00", noon), null);
  assert.equal(nextAt("", noon), null);
});

test("a device is known by what the server knows it by", async () => {
  assert.equal(await deviceKey("https://fcm.googleapis.com/fcm/send/abc"), "4e9bdab8bbe7189c00aebb0922fc49fe");
});

test("what a browser refuses is said with what to do, and no sentence of its own", () => {
  const names = ["NotAllowedError", "AbortError", "NetworkError", "TypeError", ""];
  assert.deepEqual(names.map(failure), ["phone_not_allowed", "phone_no_service", "phone_no_service", "phone_failed", "phone_failed"]);
  for (const name of names) assert.notEqual(word(failure(name), "pt-BR"), failure(name));
});
