/** Small parts of the page that several panels use. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Lang } from "./words";
import { word } from "./words";

/** What a promise gave, or why it failed; asked again when a key changes. */
export function useAsked<T>(ask: (signal: AbortSignal) => Promise<T>, keys: unknown[]): { value: T | null; fault: string | null } {
  const [state, setState] = useState<{ value: T | null; fault: string | null }>({ value: null, fault: null });
  useEffect(() => {
    const stop = new AbortController();
    ask(stop.signal).then(
      (value) => { if (!stop.signal.aborted) setState({ value, fault: null }); },
      (fault: Error) => { if (!stop.signal.aborted) setState({ value: null, fault: fault.message }); },
    );
    return () => stop.abort();
  }, keys);
  return state;
}

export function Waiting({ fault, lang }: { fault: string | null; lang: Lang }) {
  return fault ? <p role="alert" class="fault">{word("failed", lang)}: {fault}</p> : <p class="quiet" role="status">{word("loading", lang)} …</p>;
}

export function Pick({ label, value, onChange, children }: { label: string; value: string; onChange: (value: string) => void; children: ComponentChildren }) {
  return (
    <label class="pick"><span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>{children}</select>
    </label>
  );
}

export function Count({ label, value, least, most, onChange }: { label: string; value: number; least: number; most: number; onChange: (value: number) => void }) {
  return (
    <label class="pick"><span>{label}</span>
      <input type="number" min={least} max={most} value={value} onInput={(event) => { const number = Number(event.currentTarget.value); if (number >= least && number <= most) onChange(number); }} /></label>
  );
}

export function Lines({ text }: { text: string | string[] | undefined }) {
  const lines = text === undefined ? [] : Array.isArray(text) ? text : [text];
  return <>{lines.map((line) => <p key={line}>{line}</p>)}</>;
}
