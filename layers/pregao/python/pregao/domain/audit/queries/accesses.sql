-- accesses
-- pt: Quem olhou a auditoria pela página, quando, e o que perguntou.
-- en: Who looked at the audit on the page, when, and what they asked.
--
-- Parameters, in the order of the question marks; days are UTC, written '2026-11-25':
--   1 from  the first day
--   2 to    the last
SELECT
  recorded_at,
  audit_id,
  question,
  asked,
  seq,
  hash
FROM acao_operador_audit
WHERE year || '-' || month || '-' || day_of_month BETWEEN ? AND ?
  AND kind = 'access'
ORDER BY recorded_at, seq
