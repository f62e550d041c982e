// What the compliance page asks the server: an officer's token, a question, its answer or a file.

export interface Question { name: string; pt: string; en: string; asks_for: string[]; states: boolean }
export interface PageInfo {
  officer: { id: string; name: string; language: string }; today: string; days_at_most: number;
  operators: { audit_id: string; name: string }[]; instruments: string[]; questions: Question[]; formats: string[];
  verification: { pt: string; en: string; at: string; by: string } | null;
}
export type Cell = string | number | boolean | null | Record<string, string>;
export interface Answer {
  question: string; columns: string[]; rows: Cell[][]; more: boolean; names: Record<string, string>;
  searched: { records: Record<string, number>; days: number }; missing: string[];
}
export type Filters = Record<string, string>;

/** No answer: `status` 0 where nobody answered; `reasons` is what the server said of the question. */
export class Refused extends Error {
  constructor(readonly status: number, readonly reasons: string[], readonly error = "") {
    super(`HTTP ${status}`);
  }
}

const PATIENCE_MS = 35_000;

export class AuditApi {
  constructor(private readonly base: string, private readonly token: string) {}

  page = () => this.json<PageInfo>("page", {});
  ask = (question: string, filters: Filters) => this.json<Answer>(question, filters);

  async file(question: string, filters: Filters): Promise<Blob> {
    return (await this.get(question, filters)).blob();
  }

  private async json<T>(question: string, filters: Filters): Promise<T> {
    return (await (await this.get(question, filters)).json()) as T;
  }

  private async get(question: string, filters: Filters): Promise<Response> {
    const asked = new URLSearchParams(Object.entries(filters).filter(([, value]) => value !== ""));
    const headers = { Authorization: `Bearer ${this.token}` };
    const url = `${this.base}/compliance/${encodeURIComponent(question)}${asked.size ? `?${asked}` : ""}`;
    let answer: Response;
    try {
      answer = await fetch(url, { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    } catch {
      throw new Refused(0, []);
    }
    if (answer.ok) return answer;
    const said = (await answer.json().catch(() => ({}))) as { reasons?: unknown; error?: unknown };
    throw new Refused(answer.status, Array.isArray(said.reasons) ? said.reasons.map(String) : [], String(said.error ?? ""));
  }
}
