namespace Heldar.Contracts.Tests;

/// <summary>The files under Golden: one line of JSON each, byte for byte what goes over the wire.</summary>
internal static class GoldenFile
{
    public static string Read(string name)
    {
        using var stream = typeof(GoldenFile).Assembly.GetManifestResourceStream(name + ".json") ?? throw new FileNotFoundException(name);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().TrimEnd('\n', '\r');
    }
}
