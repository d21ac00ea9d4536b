using NodaTime;

namespace Heldar.Edge.Health;

/// <summary>What is wrong with a camera's picture.</summary>
[Flags]
internal enum PictureFaults
{
    None = 0,

    /// <summary>Next to no light anywhere.</summary>
    Black = 1,

    /// <summary>The same picture for a long time, but for what coding does to it: even a still scene has noise.</summary>
    Frozen = 2,

    /// <summary>Nothing to see: one even grey, as with a hand or paint on the lens.</summary>
    Covered = 4,

    /// <summary>Another scene than before: the camera was turned or moved.</summary>
    SceneChanged = 8,
}

/// <summary>
/// Judges one camera's keyframes, each as a small grey picture of <see cref="Width"/> × <see cref="Height"/>. A fault counts when it stays for two pictures; the scene
/// that others are compared with follows slowly, so that daylight is no fault. Scenes are compared by blocks of <see cref="Block"/> × <see cref="Block"/>; whether anything moved at
/// all is judged by every pixel, since the mean of a large block hides the noise of a still scene. Not thread-safe.
/// </summary>
internal sealed class PictureJudge
{
    public const int Width = 128;
    public const int Height = 72;
    private const int Block = 4;

    /// <summary>Mean brightness (0 to 255) below which a picture is black, when no cell is brighter than <see cref="BlackPeak"/>.</summary>
    private const double BlackMean = 24;
    private const byte BlackPeak = 48;

    /// <summary>Standard deviation below which a picture shows nothing.</summary>
    private const double CoveredSpread = 6;

    /// <summary>Correlation of structure below which two pictures show different scenes.</summary>
    private const double SameScene = 0.35;
    /// <summary>
    /// Pixels that may differ in pictures of one frozen image: its keyframes are not coded alike while the rate control settles (2 % differ, median of 500 kbit/s). The least
    /// noise of a sensor, ±2 of 255 before coding, changes 12 %.
    /// </summary>
    private const int UnchangedPixels = Width * Height / 25;
    private static readonly Duration FrozenAfter = Duration.FromSeconds(55);
    private byte[]? _last;
    private double[]? _scene;
    private Instant _lastChange;
    private PictureFaults _suspected;

    /// <summary>What is wrong now.</summary>
    public PictureFaults Faults { get; private set; }

    /// <summary>The last picture showed a fault that no earlier one showed.</summary>
    public bool IsInDoubt => (_suspected & ~Faults) != PictureFaults.None;

    /// <summary>Takes the next picture; answers what is wrong.</summary>
    public PictureFaults Take(ReadOnlySpan<byte> grey, Instant time)
    {
        if (grey.Length != Width * Height) throw new ArgumentException($"a picture has {Width * Height} bytes", nameof(grey));
        if (_last is null || HasChanged(grey, _last)) _lastChange = time;
        _last = grey.ToArray();
        Span<byte> blocks = stackalloc byte[Width / Block * (Height / Block)];
        Shrink(grey, blocks);
        var (mean, spread, peak) = Measure(blocks);
        var seen = PictureFaults.None;
        if (mean < BlackMean && peak < BlackPeak) seen |= PictureFaults.Black;
        else if (spread < CoveredSpread) seen |= PictureFaults.Covered;
        if (time - _lastChange >= FrozenAfter) seen |= PictureFaults.Frozen;
        var judged = (seen & (PictureFaults.Black | PictureFaults.Covered)) == PictureFaults.None;
        if (judged && _scene is not null && Correlation(blocks, _scene) < SameScene) seen |= PictureFaults.SceneChanged;
        Faults = (seen & _suspected) | (seen & Faults) | (seen & PictureFaults.Frozen);
        _suspected = seen;
        if (judged) Follow(blocks, Faults.HasFlag(PictureFaults.SceneChanged) ? 0.1 : seen.HasFlag(PictureFaults.SceneChanged) ? 0 : 0.05);
        return Faults;
    }

    private static bool HasChanged(ReadOnlySpan<byte> grey, ReadOnlySpan<byte> last)
    {
        var changed = 0;
        for (var i = 0; i < grey.Length; i++)
            if (grey[i] != last[i]) changed++;
        return changed > UnchangedPixels;
    }

    private static void Shrink(ReadOnlySpan<byte> grey, Span<byte> blocks)
    {
        for (var block = 0; block < blocks.Length; block++)
        {
            var first = (block / (Width / Block) * Block * Width) + (block % (Width / Block) * Block);
            var sum = 0;
            for (var row = 0; row < Block; row++)
                foreach (var value in grey.Slice(first + (row * Width), Block)) sum += value;
            blocks[block] = (byte)((sum + (Block * Block / 2)) / (Block * Block));
        }
    }

    private static (double Mean, double Spread, byte Peak) Measure(ReadOnlySpan<byte> grey)
    {
        double sum = 0, squares = 0;
        byte peak = 0;
        foreach (var value in grey)
        {
            sum += value;
            squares += value * value;
            if (value > peak) peak = value;
        }

        var mean = sum / grey.Length;
        return (mean, Math.Sqrt(Math.Max(0, (squares / grey.Length) - (mean * mean))), peak);
    }

    /// <summary>Pearson's correlation: brightness and contrast of the whole picture do not count.</summary>
    private static double Correlation(ReadOnlySpan<byte> grey, double[] scene)
    {
        double meanA = 0, meanB = 0;
        for (var i = 0; i < grey.Length; i++) (meanA, meanB) = (meanA + grey[i], meanB + scene[i]);
        (meanA, meanB) = (meanA / grey.Length, meanB / grey.Length);
        double both = 0, a = 0, b = 0;
        for (var i = 0; i < grey.Length; i++)
        {
            var (da, db) = (grey[i] - meanA, scene[i] - meanB);
            (both, a, b) = (both + (da * db), a + (da * da), b + (db * db));
        }

        return a <= 0 || b <= 0 ? 0 : both / Math.Sqrt(a * b);
    }

    private void Follow(ReadOnlySpan<byte> grey, double share)
    {
        if (_scene is null)
        {
            _scene = new double[grey.Length];
            share = 1;
        }

        for (var i = 0; i < grey.Length; i++) _scene[i] += share * (grey[i] - _scene[i]);
    }
}
