-- latency
-- pt: Tempo do fechamento da vela até a confirmação na tela, por dia e ativo.
-- en: Time from the candle's close to a screen's receipt, by day and instrument.
--
-- Percentiles are exact (nearest rank), in milliseconds. A receipt recorded before `since_close_ms` existed is left out.
--
-- Parameters, in the order of the question marks; days are UTC, written '2026-11-25':
--   1 from  the first day
--   2 to    the last
WITH receipts AS (
  SELECT
    day,
    instrument,
    since_close_ms,
    row_number() OVER (PARTITION BY day, instrument ORDER BY since_close_ms) AS place,
    count(*) OVER (PARTITION BY day, instrument) AS receipts
  FROM entrega_audit
  WHERE year || '-' || month || '-' || day_of_month BETWEEN ? AND ?
    AND kind = 'delivery'
    AND status = 'received'
    AND since_close_ms IS NOT NULL
)
SELECT
  day,
  instrument,
  max(receipts) AS receipts,
  min(CASE WHEN place * 100 >= receipts * 50 THEN since_close_ms END) AS p50_ms,
  min(CASE WHEN place * 100 >= receipts * 95 THEN since_close_ms END) AS p95_ms,
  min(CASE WHEN place * 100 >= receipts * 99 THEN since_close_ms END) AS p99_ms,
  max(since_close_ms) AS max_ms
FROM receipts
GROUP BY day, instrument
ORDER BY day, instrument
