namespace Heldar.Local.Emulator;

/// <summary>Asks services whether they are ready.</summary>
internal static class Probe
{
    /// <summary>For loopback only: no proxy, short limits.</summary>
    public static HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(2), PooledConnectionLifetime = TimeSpan.FromMinutes(1) })
    {
        Timeout = TimeSpan.FromSeconds(30),
    };

    /// <summary>True when <paramref name="path"/> answers 2xx; throws with the answer's text when it does not.</summary>
    public static async Task<bool> OkAsync(Uri server, string path, CancellationToken cancellation)
    {
        using HttpResponseMessage answer = await Http.GetAsync(new Uri(server, path), cancellation);
        if (answer.IsSuccessStatusCode) return true;
        string text = await answer.Content.ReadAsStringAsync(cancellation);
        throw new HttpRequestException($"{path}: {(int)answer.StatusCode} {(text.Length > 300 ? text[..300] : text)}");
    }
}
