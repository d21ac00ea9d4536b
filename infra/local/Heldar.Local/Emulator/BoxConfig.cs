using System.Globalization;
using System.Text;
using Heldar.Local.Cameras;

namespace Heldar.Local.Emulator;

/// <summary>A site of the emulator and the time that its clocks show.</summary>
internal sealed record Site(string Slug, string Name, string TimeZone)
{
    private static readonly Site[] Known =
    [
        new("north", "Depot North", "Europe/Berlin"), new("south", "Warehouse South", "Europe/Madrid"), new("east", "Yard East", "Europe/Warsaw"),
        new("west", "Terminal West", "Europe/Lisbon"), new("harbour", "Harbour", "Europe/Oslo"), new("airfield", "Airfield", "Europe/Athens"),
        new("quarry", "Quarry", "Europe/Prague"), new("mill", "Mill", "Europe/Rome"),
    ];

    /// <summary>How many there are.</summary>
    public static int Count => Known.Length;

    /// <summary>The n-th, from 0.</summary>
    public static Site Number(int number) => Known[number];
}

/// <summary>Writes a box's <c>heldar.yaml</c>.</summary>
internal static class BoxConfig
{
    private static readonly string[] Places = ["Gate", "Yard", "Loading dock", "Lobby", "Parking", "Fence", "Hall", "Office"];

    /// <summary>The file's text. All values that people choose are quoted; without a fleet, the box works alone.</summary>
    public static string Text(StackOptions options, Site site, int port, Uri? fleet, string? token, IEnumerable<(CameraSpec Spec, Uri Url)> cameras, (string Username, string Password) credentials, string? certificate = null, Func<CameraSpec, string?>? replayUrl = null)
    {
        var text = new StringBuilder();
        Line(text, $"box:");
        Line(text, $"  name: '{site.Name}'");
        Line(text, $"  listen: http://127.0.0.1:{port}");
        Line(text, $"  data: ./data");
        Line(text, $"  timeZone: {site.TimeZone}");
        Line(text, $"recording:");
        Line(text, $"  volumes: [{{ path: ./recordings }}]");
        Line(text, $"  segmentSeconds: {options.SegmentSeconds}");
        if (fleet is not null)
        {
            Line(text, $"fleet:");
            Line(text, $"  url: {fleet.ToString().TrimEnd('/')}");
            if (token is not null) Line(text, $"  enrolmentToken: '{token}'");
            Line(text, $"  profile: {options.Profile}");
        }

        Line(text, $"cameras:");
        foreach ((CameraSpec spec, Uri url) in cameras)
        {
            Line(text, $"  - id: {spec.Name}");
            Line(text, $"    name: '{Place(spec)}'");
            Line(text, $"    url: {url}");
            if (spec.Authentication != "none")
            {
                Line(text, $"    username: '{credentials.Username}'");
                Line(text, $"    password: '{credentials.Password}'");
            }

            Line(text, $"    audio: {(spec.Audio == "none" ? "false" : "true")}");
            if (spec.Authentication == "tls") Line(text, $"    certificateSha256: {certificate}");
            Line(text, $"    clock: {spec.Clock}");
            if (replayUrl?.Invoke(spec) is { } replay) Line(text, $"    anr: {{ enabled: true, replayUrl: '{replay}' }}");
        }

        return text.ToString();
    }

    private static string Place(CameraSpec camera)
    {
        string digits = string.Concat(camera.Name.Where(char.IsAsciiDigit));
        int number = digits.Length > 0 ? int.Parse(digits, CultureInfo.InvariantCulture) : 0;
        return number < Places.Length ? Places[number] : $"{Places[number % Places.Length]} {(number / Places.Length) + 1}";
    }

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
