using System.Text.RegularExpressions;

namespace Heldar.Local.Capacity;

/// <summary>Requests that an account served, counted by the server: every line of its log is one, whoever sent it.</summary>
internal sealed partial class AzuriteLog
{
    private const string Manifests = "manifests", Hosts = "azure-webjobs-hosts";
    private readonly Dictionary<string, int> _puts = new(StringComparer.Ordinal), _deletes = new(StringComparer.Ordinal);

    /// <summary>Messages that were put, by queue without its shard.</summary>
    public IReadOnlyDictionary<string, int> Puts => _puts;

    /// <summary>Messages that were deleted: handled.</summary>
    public IReadOnlyDictionary<string, int> Deletes => _deletes;

    /// <summary>Requests for messages of work queues.</summary>
    public int Gets { get; private set; }

    /// <summary>Requests of any kind to poison queues.</summary>
    public int Poison { get; private set; }

    /// <summary>Writes of manifests.</summary>
    public int ManifestWrites { get; private set; }

    /// <summary>Requests for the hosts' locks and states.</summary>
    public int HostBlobs { get; private set; }

    /// <summary>Answers with a status of 500 and more.</summary>
    public int Failures { get; private set; }

    /// <summary>All requests of queues that did something or found nothing.</summary>
    public int QueueRequests => _puts.Values.Sum() + _deletes.Values.Sum() + Gets + Poison;

    /// <summary>Counts the lines that a log got from one place of it to another.</summary>
    public static AzuriteLog Read(string file, long from, long to)
    {
        var counts = new AzuriteLog();
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        stream.Seek(from, SeekOrigin.Begin);
        using var reader = new StreamReader(stream);
        for (long at = from; at < to && reader.ReadLine() is { } line; at += System.Text.Encoding.UTF8.GetByteCount(line) + 1) counts.Count(line);
        return counts;
    }

    /// <summary>Counts a line, such as <c>127.0.0.1 - - [22/Nov/2026:04:00:00 +0000] "PUT /devstoreaccount1/… HTTP/1.1" 201 -</c>; anything else is left alone.</summary>
    public void Count(string line)
    {
        if (Request().Match(line) is not { Success: true } match) return;
        (string method, int status) = (match.Groups["method"].Value, int.Parse(match.Groups["status"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture));
        string[] path = match.Groups["path"].Value.Split('?')[0].Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (status >= 500) Failures++;
        if (path.Length < 2) return;
        string container = path[1];
        if (path.Length >= 3 && path[2] == "messages") CountMessage(container, method, status, path.Length > 3);
        else if (container == Manifests && method == "PUT" && status == 201 && path.Length > 2) ManifestWrites++;
        else if (container == Hosts) HostBlobs++;
    }

    private void CountMessage(string queue, string method, int status, bool one)
    {
        if (queue.EndsWith("-poison", StringComparison.Ordinal))
        {
            Poison++;
            return;
        }

        string name = queue[..Math.Max(0, queue.LastIndexOf('-'))];
        switch (method)
        {
            case "POST" when status == 201:
                _puts[name] = _puts.GetValueOrDefault(name) + 1;
                break;
            case "DELETE" when one && status == 204:
                _deletes[name] = _deletes.GetValueOrDefault(name) + 1;
                break;
            case "GET":
                Gets++;
                break;
        }
    }

    [GeneratedRegex("\"(?<method>[A-Z]+) (?<path>\\S+) HTTP/[0-9.]+\" (?<status>[0-9]{3})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Request();
}
