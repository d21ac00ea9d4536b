using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Retention;

/// <summary><c>heldar-edge retention plan</c>: what the next sweep would delete, camera by camera, and why. The box may run.</summary>
internal static class RetentionCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "one JSON object on standard output" };
        var plan = new Command("plan", "Say what would be deleted now, camera by camera, and why. Deletes and changes nothing; the box may run.") { json };
        plan.SetAction(async (parsed, cancellation) =>
        {
            var made = await new RetentionPlan(ConfigOption.Read(parsed), new KernelClock(), v => v.Space(), SystemClock.Instance).MakeAsync(cancellation);
            Console.Write(parsed.GetValue(json) ? Json(made) : Text(made));
            return 0;
        });
        return new Command("retention", "How long footage is kept.") { plan };
    }

    public static string Json(PlanReport plan) => JsonSerializer.Serialize(
        new { at = plan.At, segments = plan.Segments, bytes = plan.Bytes, cameras = plan.Cameras, alerts = plan.Alerts, clockDoubt = plan.ClockDoubt, notes = plan.Notes }, HeldarJson.Options) + "\n";

    public static string Text(PlanReport plan)
    {
        var lines = new List<string>();
        foreach (var camera in plan.Cameras)
        {
            var held = camera.HeldSegments > 0 ? $", of which {camera.HeldSegments} segments ({Size(camera.HeldBytes)}) are held and stay" : "";
            lines.Add($"{camera.Id}: {camera.Segments} segments, {Size(camera.Bytes)}{held}");
            lines.AddRange(camera.Deletes.Select(d => $"  {d.Reason}: {d.Segments} segments, {Size(d.Bytes)}, from {InstantText.Format(d.From)} to {InstantText.Format(d.To)}"));
        }

        if (plan.ClockDoubt is { } doubt) lines.Add($"clock: {doubt}");
        lines.AddRange(plan.Alerts.Select(a => $"{a.Code}{(a.Subject.Length == 0 ? "" : " " + a.Subject)}: {a.Text}"));
        lines.AddRange(plan.Notes.Select(n => $"note: {n}"));
        lines.Add(plan.Segments == 0 ? "nothing would be deleted now" : $"in all {plan.Segments} segments, {Size(plan.Bytes)} would be deleted now");
        return string.Join('\n', lines) + "\n";
    }

    private static string Size(long bytes)
    {
        if (bytes < 1024) return $"{bytes} B";
        var (size, unit) = (bytes / 1024.0, 0);
        string[] units = ["KiB", "MiB", "GiB", "TiB", "PiB"];
        while (size >= 1024 && unit < units.Length - 1) (size, unit) = (size / 1024, unit + 1);
        return string.Create(CultureInfo.InvariantCulture, $"{size:0.0} {units[unit]}");
    }
}
