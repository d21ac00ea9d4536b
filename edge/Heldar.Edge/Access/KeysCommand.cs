using System.CommandLine;
using System.CommandLine.Parsing;
using Heldar.Edge.Audit;
using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary><c>heldar-edge keys add|list|revoke</c>: also beside a running box, which sees the change within a second.</summary>
internal static class KeysCommand
{
    public static Command Create() => new("keys", "API keys of this box.") { Add(), List(), Revoke() };

    private static Command Add()
    {
        var name = new Option<string>("--name") { Description = "what the key is for, 1 to 100 characters", Required = true };
        name.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value.Length: < 1 or > ApiKeyRules.MaxName }]) result.AddError("--name needs 1 to 100 characters");
        });
        var role = new Option<string>("--role") { Description = "admin, manager, guard, viewer or integration", DefaultValueFactory = _ => "admin" };
        role.AcceptOnlyFromAmong("admin", "manager", "guard", "viewer", "integration");
        var capability = new Option<string[]>("--capability") { Description = "instead of a role: a capability such as video:playback; may be repeated" };
        var camera = new Option<string[]>("--camera") { Description = "id of a camera that the key may know of; may be repeated, all when left out" };
        var days = new Option<int?>("--days") { Description = "days that the key works; for ever when left out" };
        days.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && !(int.TryParse(text, out var number) && number is >= 1 and <= 36_500)) result.AddError("--days needs a whole number from 1 to 36500");
        });
        var add = new Command("add", "Make an API key and print it once.") { name, role, capability, camera, days };
        add.Validators.Add(result => Check(result, capability, camera));
        add.SetAction(parsed =>
        {
            var (keys, folder) = Open(parsed);
            var words = parsed.GetValue(capability) is { Length: > 0 } given ? given : null;
            var wish = new ApiKeyWish(parsed.GetRequiredValue(name), words is null ? UserEndpoints.ReadRole(parsed.GetRequiredValue(role)) : null)
            {
                Capabilities = words,
                Cameras = parsed.GetValue(camera) is { Length: > 0 } cameras ? cameras : null,
                ExpiresAt = parsed.GetValue(days) is { } d ? SystemClock.Instance.GetCurrentInstant() + Duration.FromDays(d) : null,
            };
            if (ApiKeyRules.Mistake(wish, SystemClock.Instance.GetCurrentInstant()) is { } mistake) throw new InvalidDataException(mistake);
            var (key, text) = keys.Add(wish);
            parsed.InvocationConfiguration.Output.WriteLine(text);
            CommandAudit.Note(folder, "key.added", key.Name, new { key.Id, role = key.Role?.ToString().ToLowerInvariant(), key.Capabilities, key.Cameras, key.ExpiresAt });
            return 0;
        });
        return add;
    }

    private static Command List()
    {
        var list = new Command("list", "The keys, without the keys themselves.");
        list.SetAction(parsed =>
        {
            foreach (var key in Open(parsed).Keys.All)
            {
                var may = key.Capabilities is null ? key.Role?.ToString().ToLowerInvariant() : string.Join(',', key.Capabilities);
                var state = key.RevokedAt is { } at ? $"revoked {at}" : key.ExpiresAt is { } end ? $"until {end}" : "works";
                parsed.InvocationConfiguration.Output.WriteLine($"{key.Id:D}  {key.Name}  {may}  {(key.Cameras is null ? "all cameras" : string.Join(',', key.Cameras))}  {state}");
            }

            return 0;
        });
        return list;
    }

    private static Command Revoke()
    {
        var id = new Argument<Guid>("id") { Description = "id of the key, see 'keys list'" };
        var revoke = new Command("revoke", "End a key for good.") { id };
        revoke.SetAction(parsed =>
        {
            var (keys, folder) = Open(parsed);
            if (keys.Revoke(parsed.GetRequiredValue(id)) is not { } key) throw new InvalidDataException("there is no such key that works");
            CommandAudit.Note(folder, "key.revoked", key.Name, new { key.Id });
            return 0;
        });
        return revoke;
    }

    private static void Check(CommandResult result, Option<string[]> capability, Option<string[]> camera)
    {
        if (result.GetValue(capability) is { Length: > 0 } words && CapabilityNames.Join(words) is null)
            result.AddError($"--capability takes {string.Join(", ", CapabilityNames.Split(CapabilityNames.All))}");
        if (result.GetValue(camera) is { Length: > 0 } cameras && CameraScope.Mistake(cameras) is { } mistake) result.AddError($"--camera: {mistake}");
    }

    private static (ApiKeys Keys, string Folder) Open(ParseResult parsed)
    {
        var settings = ConfigOption.Read(parsed);
        DataFolder.Create(settings.DataFolder);
        return (new ApiKeys(settings.DataFolder, SystemClock.Instance), settings.DataFolder);
    }
}
