import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { segmentMs } from './world.ts';

const run = promisify(execFile);

let made: Promise<{ mp4: Buffer; poster: Buffer }> | null = null;

/** One recording as a box makes it (fragmented MP4, fragments of at most a second), and a picture of it. Made by ffmpeg, once. `HELDAR_MOCK_VIDEO` names other footage. */
export function makeFootage(): Promise<{ mp4: Buffer; poster: Buffer }> {
  made ??= make();
  return made;
}

async function make(): Promise<{ mp4: Buffer; poster: Buffer }> {
  const folder = await mkdtemp(join(tmpdir(), 'heldar-mock-'));
  try {
    const seconds = String(segmentMs / 1000);
    const video = process.env.HELDAR_MOCK_VIDEO;
    const input = video === undefined ? ['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25'] : ['-stream_loop', '-1', '-i', video];
    const mp4 = join(folder, 'a.mp4');
    const jpg = join(folder, 'a.jpg');
    await run('ffmpeg', [
      '-v', 'error', ...input, '-t', seconds, '-vf', 'scale=1280:720:force_original_aspect_ratio=increase,crop=1280:720,fps=25', '-an', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '50', '-bf', '0',
      '-f', 'mp4', '-movflags', 'empty_moov+default_base_moof', '-frag_duration', '1000000', mp4,
    ]);
    await run('ffmpeg', ['-v', 'error', '-i', mp4, '-frames:v', '1', jpg]);
    return { mp4: await readFile(mp4), poster: await readFile(jpg) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
