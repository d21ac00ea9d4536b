using Heldar.Local.Cameras;
using Heldar.Local.Judge;
using Heldar.Local.Processes;

namespace Heldar.Local.Drills;

/// <summary>
/// Shows that the judge bites before anything that it says counts: takes recordings that it found in order, puts one fault after the other into a copy, and sees
/// that each is found.
/// </summary>
internal sealed class JudgeProof(RecordingJudge judge, IReadOnlyList<CameraState> states, string copy)
{
    private static readonly (string Name, Action<Scene> Put, Func<RecordingVerdict, bool> Found)[] Faults =
    [
        ("damaged", scene => scene.Overwrite(), v => v is { UnreadableSegments: 1, LostClosedSegments: 1 }),
        ("truncated", scene => scene.Truncate(), v => v is { LostClosedSegments: 1, FramesLost: > 0 }),
        ("removed", scene => File.Delete(scene.Victim.File), v => v is { LostClosedSegments: 1, FramesLost: > 0, UnexplainedGaps: 1, Gone: 1 }),
        ("removed_while_held", scene => scene.RemoveHeld(), v => v is { HeldLost: 1 }),
        ("removed_at_a_kill", scene => scene.RemoveAtKill(), v => v is { MaxLostMs: > 1000, FramesLost: 0 }),
        ("doubled", scene => scene.Double(), v => v is { Duplicates: > 0 }),
        ("overlapping", scene => scene.Rename(), v => v is { OverlapsInRun: > 0 }),
    ];

    /// <summary>Puts in all faults; returns their names.</summary>
    /// <param name="recordings">A volume that nobody writes to, with at least three segments of each camera.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ProcessException">The judge did not find one, or found one where there is none.</exception>
    public async Task<IReadOnlyList<string>> RunAsync(string recordings, CancellationToken cancellation)
    {
        Directory.CreateDirectory(copy);
        (await Tool.RunAsync("cp", ["-a", "--", recordings + "/.", copy], cancellation)).OutputOrThrow("cp");
        RecordingVerdict clean = await judge.JudgeAsync(copy, states, cancellation);
        if (!clean.Ok) throw new ProcessException($"before any fault was put in, the recordings were not in order: {string.Join("; ", clean.Problems)}");
        DiskSegment[] camera = [.. clean.ByCamera[judge.Cameras[0].Name].Select(segment => segment.File).OrderBy(file => file.Start)];
        foreach ((string name, Action<Scene> put, Func<RecordingVerdict, bool> found) in Faults)
        {
            var scene = new Scene(judge.Fork(), camera, clean);
            scene.Judge.Gaps = judge.Gaps;
            byte[] whole = await File.ReadAllBytesAsync(scene.Victim.File, cancellation);
            put(scene);
            RecordingVerdict verdict = await scene.Judge.JudgeAsync(copy, states, cancellation);
            if (!found(verdict)) throw new ProcessException($"the judge did not find what was {name}: {verdict} {string.Join("; ", verdict.Problems)}");
            if (scene.Added is { } added) File.Delete(added);
            await File.WriteAllBytesAsync(scene.Victim.File, whole, cancellation);
            File.SetLastWriteTimeUtc(scene.Victim.File, scene.Victim.LastWrite.UtcDateTime);
        }

        Directory.Delete(copy, recursive: true);
        return [.. Faults.Select(fault => fault.Name)];
    }

    /// <summary>One fault: its judge, and the file that it is about, which has a neighbour on either side.</summary>
    private sealed class Scene(RecordingJudge judge, DiskSegment[] camera, RecordingVerdict clean)
    {
        public RecordingJudge Judge => judge;

        public DiskSegment Victim { get; } = camera[camera.Length / 2];

        /// <summary>A file that the fault made.</summary>
        public string? Added { get; private set; }

        public void Overwrite()
        {
            using var file = File.OpenHandle(Victim.File, FileMode.Open, FileAccess.Write);
            var noise = new byte[1000];
            new Random(1).NextBytes(noise);

            // Several places: one alone may hit sound, or a part of a picture that a decoder conceals without a word.
            for (int place = 2; place < 8; place++) RandomAccess.Write(file, noise, Victim.Bytes * place / 8);
        }

        public void Truncate()
        {
            using var file = File.OpenHandle(Victim.File, FileMode.Open, FileAccess.Write);
            RandomAccess.SetLength(file, Victim.Bytes / 2);
        }

        public void RemoveHeld()
        {
            judge.Held(Victim.Segment);
            File.Delete(Victim.File);
        }

        public void RemoveAtKill()
        {
            InspectedSegment inspected = clean.ByCamera.Values.SelectMany(list => list).Single(segment => segment.File == Victim);
            judge.Killed(DateTimeOffset.FromUnixTimeMilliseconds(inspected.Marks[^1].CameraUnixMs));
            File.Delete(Victim.File);
        }

        public void Double()
        {
            Added = Path.Combine(Path.GetDirectoryName(Victim.File)!, $"{Path.GetFileName(Victim.File).Split('_')[0]}_{Guid.NewGuid():D}.mp4");
            File.Copy(Victim.File, Added);
        }

        public void Rename()
        {
            string[] parts = Path.GetFileName(Victim.File).Split('_');
            Added = Path.Combine(Path.GetDirectoryName(Victim.File)!, $"{Victim.Start!.Value.AddMilliseconds(-300):yyyyMMdd'T'HHmmss.fff'Z'}_{parts[1]}");
            File.Move(Victim.File, Added);
        }
    }
}
