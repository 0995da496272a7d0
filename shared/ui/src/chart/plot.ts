/**
 * Draws a chart with uPlot, in the colours of the tokens. A canvas does not know custom properties nor light-dark(): the
 * colours are asked of a probe element, at every drawing, so that a change of the scheme needs only a redraw.
 */

import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { ChartData, ChartMark, ChartSeries } from './data.ts';

const DAY = 86_400_000;

export interface PlotOptions {
	readonly data: ChartData;
	readonly marks: readonly ChartMark[];
	/** `x` is time, in ms; else plain numbers. */
	readonly time: boolean;
	readonly formatX: (x: number) => string;
	readonly formatY: (y: number) => string;
	/** Smallest range of the y axis that is always shown. */
	readonly include: readonly number[];
	readonly width: number;
	readonly height: number;
	/** The pointer is over the value at this index of `x`; null: over none. */
	onhover(index: number | null): void;
}

const others = ['--person-1', '--person-3', '--person-4', '--person-5', '--person-7', '--person-6'] as const;

export function colourToken(series: ChartSeries, index: number): `--${string}` {
	return series.colour ?? (index === 0 ? '--focus' : others[(index - 1) % others.length]!);
}

/** Told apart without colour too. */
export function dashOf(index: number): number[] {
	return [[], [6, 4], [2, 3], [10, 4, 2, 4]][index % 4]!;
}

export function plot(element: HTMLElement, options: PlotOptions): uPlot {
	const { data, marks, time, formatY, include, width, height } = options;
	const probe = element.appendChild(document.createElement('span'));
	probe.hidden = true;
	const colour = (token: string, alpha = 1): string => {
		probe.style.color = alpha === 1 ? `var(${token})` : `rgb(from var(${token}) r g b / ${alpha})`;
		return getComputedStyle(probe).color;
	};
	const font = `12px ${getComputedStyle(element).fontFamily}`;

	const columns: (readonly (number | null)[])[] = [];
	const series: uPlot.Series[] = [{}];
	const bands: uPlot.Band[] = [];
	for (const [index, one] of data.series.entries()) {
		const token = colourToken(one, index);
		const kind = one.kind ?? 'line';
		const common: uPlot.Series = { label: one.label, spanGaps: false, scale: 'y' };
		if (kind === 'range') {
			const high = series.length;
			series.push({ ...common, stroke: () => colour(token, 0.5), width: 1, points: { show: false } });
			series.push({ ...common, stroke: () => colour(token, 0.5), width: 1, points: { show: false } });
			columns.push(one.values, one.low ?? one.values);
			bands.push({ series: [high, high + 1], fill: () => colour(token, 0.22) });
			continue;
		}
		columns.push(one.values);
		if (kind === 'bars') {
			series.push({
				...common,
				stroke: () => colour(token),
				fill: () => colour(token, 0.75),
				width: 0,
				paths: uPlot.paths.bars!({ size: [0.7, 48], radius: 0.12 }),
				points: { show: false }
			});
		} else if (kind === 'points') {
			series.push({
				...common,
				stroke: () => colour(token),
				paths: () => null,
				points: { show: true, size: 6, fill: () => colour(token) }
			});
		} else {
			series.push({
				...common,
				stroke: () => colour(token),
				width: 2,
				dash: dashOf(index),
				...(kind === 'area' ? { fill: () => colour(token, 0.14) } : {}),
				// A value between two gaps has no line: it is drawn as a point (uPlot's own filter), and so are few values.
				points: { size: 5, fill: () => colour(token) }
			});
		}
	}

	const chart = new uPlot(
		{
			width,
			height,
			ms: 1,
			series,
			bands,
			legend: { show: false },
			scales: {
				x: { time, ...(data.series.some(({ kind }) => kind === 'bars') ? { range: roomForBars(data.x) } : {}) },
				y: { range: (_, low, high) => rangeOf(low, high, [...include, ...marks.map(({ value }) => value)]) }
			},
			axes: [
				{
					stroke: () => colour('--text-quiet'),
					grid: { show: false },
					ticks: { stroke: () => colour('--line'), width: 1, size: 4 },
					font,
					gap: 4,
					size: 30,
					values: (_, splits, __, ___, step) => splits.map((x) => (time ? tick(x, step) : options.formatX(x)))
				},
				{
					stroke: () => colour('--text-quiet'),
					grid: { stroke: () => colour('--line'), width: 1 },
					ticks: { show: false },
					font,
					gap: 6,
					size: (_, labels) => 14 + 7 * Math.max(2, ...(labels ?? []).map((text) => text.length)),
					values: (_, splits) => splits.map(formatY)
				}
			],
			cursor: {
				y: false,
				drag: { x: false, y: false, setScale: false },
				points: { size: 8, fill: (_, i) => colourOfColumn(i), stroke: () => colour('--surface-page'), width: 2 }
			},
			hooks: {
				setCursor: [({ cursor }) => options.onhover(cursor.left! < 0 ? null : (cursor.idx ?? null))],
				draw: [(self) => drawMarks(self, marks, colour, font)],
				destroy: [() => probe.remove()]
			}
		},
		[data.x as number[], ...(columns as (number | null)[][])],
		element
	);
	const colourOfColumn = (i: number): string => {
		const { stroke } = chart.series[i]!;
		return typeof stroke === 'function' ? String(stroke(chart, i)) : colour('--focus');
	};
	return chart;
}

/** All values, what must be shown, and room above and below. */
function rangeOf(low: number | null, high: number | null, include: readonly number[]): [number, number] {
	const known = [...include, ...[low, high].filter((value) => value !== null)];
	if (known.length === 0) return [0, 1];
	const [least, most] = [Math.min(...known), Math.max(...known)];
	const room = (most - least || Math.abs(most) || 1) * 0.08;
	// What is never below nothing does not get room there.
	return [least === 0 ? 0 : least - room, most === 0 ? 0 : most + room];
}

/** Half a bar more at both ends, or the first and the last are cut. */
const roomForBars =
	(x: readonly number[]) =>
	(_: uPlot, least: number, most: number): [number, number] => {
		const half = x.length > 1 ? (most - least) / (x.length - 1) / 2 : DAY / 2;
		return [least - half, most + half];
	};

function drawMarks(chart: uPlot, marks: readonly ChartMark[], colour: (token: string) => string, font: string): void {
	const { ctx, bbox } = chart;
	ctx.save();
	for (const { label, value } of marks) {
		const y = Math.round(chart.valToPos(value, 'y', true)) + 0.5;
		ctx.strokeStyle = ctx.fillStyle = colour('--text-quiet');
		ctx.lineWidth = devicePixelRatio;
		ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
		ctx.beginPath();
		ctx.moveTo(bbox.left, y);
		ctx.lineTo(bbox.left + bbox.width, y);
		ctx.stroke();
		ctx.font = font.replace('12px', `${12 * devicePixelRatio}px`);
		ctx.textAlign = 'right';
		ctx.textBaseline = 'bottom';
		ctx.fillText(label, bbox.left + bbox.width, y - 3 * devicePixelRatio);
	}
	ctx.restore();
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** A tick of a time axis, in the person's language: as much as tells it from its neighbours. `step` is in ms. */
function tick(at: number, step: number): string {
	const date = new Date(at);
	if (step >= 364 * DAY) return format(date, { year: 'numeric' });
	if (step >= 28 * DAY)
		return date.getMonth() === 0 ? format(date, { year: 'numeric' }) : format(date, { month: 'short' });
	if (step >= DAY) return format(date, { day: 'numeric', month: 'short' });
	if (date.getHours() === 0 && date.getMinutes() === 0) return format(date, { day: 'numeric', month: 'short' });
	return format(date, { hour: '2-digit', minute: '2-digit' });
}

function format(date: Date, options: Intl.DateTimeFormatOptions): string {
	const key = JSON.stringify(options);
	let formatter = formats.get(key);
	if (formatter === undefined) formats.set(key, (formatter = new Intl.DateTimeFormat(undefined, options)));
	return formatter.format(date);
}
