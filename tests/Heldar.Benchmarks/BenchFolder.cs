namespace Heldar.Benchmarks;

/// <summary>A throw-away folder that the database's user can reach too; deleted with everything in it, unless HELDAR_BENCH_KEEP is set.</summary>
internal sealed class BenchFolder : IAsyncDisposable
{
    public BenchFolder(string name)
    {
        Path = Directory.CreateTempSubdirectory($"heldar-bench-{name}-").FullName;
        File.SetUnixFileMode(Path, (UnixFileMode)Convert.ToInt32("755", 8));
    }

    public string Path { get; }

    public ValueTask DisposeAsync()
    {
        if (Environment.GetEnvironmentVariable("HELDAR_BENCH_KEEP") is { Length: > 0 }) Console.Error.WriteLine($"kept {Path}");
        else Directory.Delete(Path, recursive: true);
        return ValueTask.CompletedTask;
    }
}
