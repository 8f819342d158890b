import { performance } from 'node:perf_hooks';
import { styleText } from 'node:util';

const TITLE_WIDTH = 44;

/** Runs a piece of work under a title; the line ends with the seconds it took. */
export async function phase(title, work) {
  const start = performance.now();
  const seconds = () => `${((performance.now() - start) / 1000).toFixed(1)} s`.padStart(8);
  process.stdout.write(title.padEnd(TITLE_WIDTH));
  try {
    const result = await work();
    console.log(seconds());
    return result;
  } catch (error) {
    console.log(`${seconds()}  ${style('red', 'failed')}`);
    throw error;
  }
}

/** Prints rows in columns; numbers stand to the right. */
export function printTable(header, rows) {
  const widths = header.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column])].map((cell) => String(cell).length)),
  );
  const line = (cells) =>
    cells
      .map((cell, column) =>
        typeof cell === 'number' ? String(cell).padStart(widths[column]) : cell.padEnd(widths[column]),
      )
      .join('  ')
      .trimEnd();
  console.log(`\n${style('bold', line(header))}`);
  for (const row of rows) console.log(line(row));
}

export function warn(text) {
  console.log(`\n${style('yellow', text)}`);
}

function style(format, text) {
  return process.stdout.isTTY ? styleText(format, text) : text;
}
