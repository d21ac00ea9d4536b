using System.Collections.Immutable;
using Heldar.Contracts.Events;

namespace Heldar.Edge.Settings;

/// <summary>Reads a camera's section <c>events</c>.</summary>
internal static class CameraEventsReader
{
    public static CameraEventSettings? Read(YamlSection camera, SettingsScope scope)
    {
        if (camera.Section("events") is not { } section) return null;
        var enabled = section.Flag("enabled", true);
        var address = section.Text("address", CameraUrl.MaxLength);
        if (address is not null && CameraEventSettings.AddressMistake(address) is { } mistake) section.Fail("address", mistake);
        var topics = Texts(section, "topics", CameraEventSettings.MaxTopics, CameraEventSettings.MaxTopicLength, CameraEventSettings.TopicMistake);
        if (topics is []) section.Fail("topics", "is empty: nothing would trigger; leave it out for the usual topics");
        var zones = Texts(section, "zones", CameraEventSettings.MaxZones, CameraEventSettings.MaxZoneLength, CameraEventSettings.ZoneMistake);
        var username = section.Text("username", 200);
        var password = SettingsReader.ReadSecret(section, "password", "passwordFile", scope);
        if (password is not null && username is null) section.Fail("password", "needs a username beside it");
        section.RefuseUnknown();
        return enabled ? new CameraEventSettings { Address = address, Topics = topics ?? CameraEventSettings.DefaultTopics, Zones = zones ?? [], Username = username, Password = password } : null;
    }

    private static ImmutableArray<string>? Texts(YamlSection section, string key, int most, int maxLength, Func<string, string?> mistake)
    {
        if (section.Texts(key, most, maxLength) is not { } texts) return null;
        foreach (var text in texts)
            if (mistake(text) is { } wrong) section.Fail(key, $"'{EventRules.Clean(text, 60)}' {wrong}");
        return [.. texts.Distinct(StringComparer.Ordinal)];
    }
}
