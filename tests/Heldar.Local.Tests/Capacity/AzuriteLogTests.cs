using Heldar.Local.Capacity;

namespace Heldar.Local.Tests.Capacity;

public sealed class AzuriteLogTests
{
    [Fact]
    public void Requests_AreCountedByWhatTheyDid()
    {
        var log = new AzuriteLog();
        foreach (string request in (string[])
            [
                "POST /devstoreaccount1/segments-0/messages?sv=1&messagettl=-1 HTTP/1.1\" 201",
                "POST /devstoreaccount1/segments-0/messages?sv=1 HTTP/1.1\" 403",
                "GET /devstoreaccount1/segments-0/messages?numofmessages=32 HTTP/1.1\" 200",
                "GET /devstoreaccount1/segments-0-poison/messages?numofmessages=32 HTTP/1.1\" 404",
                "DELETE /devstoreaccount1/segments-0/messages/4a?popreceipt=x HTTP/1.1\" 204",
                "PUT /devstoreaccount1/manifests/main/x.json?comp=block&blockid=1 HTTP/1.1\" 201",
                "PUT /devstoreaccount1/manifests/main/x.json?comp=blocklist HTTP/1.1\" 201",
                "PUT /devstoreaccount1/azure-webjobs-hosts/locks/host/FoldSpans.Listener?comp=lease HTTP/1.1\" 200",
                "PUT /devstoreaccount1/manifests/main/x.json?comp=block HTTP/1.1\" 500",
            ]) log.Count($"127.0.0.1 - - [22/Nov/2026:04:00:00 +0000] \"{request} -");
        log.Count("Azurite Queue service is successfully listening at http://127.0.0.1:10001");

        Assert.Equal(1, Assert.Single(log.Puts).Value);
        Assert.Equal("segments", Assert.Single(log.Deletes).Key);
        Assert.Equal((1, 1, 2, 1, 1), (log.Gets, log.Poison, log.ManifestWrites, log.HostBlobs, log.Failures));
        Assert.Equal(4, log.QueueRequests);
    }

    [Fact]
    public void PartOfALog_IsReadFromOnePlaceToAnother()
    {
        string file = Path.GetTempFileName();
        try
        {
            string line = "127.0.0.1 - - [x] \"POST /devstoreaccount1/states-0/messages HTTP/1.1\" 201 -\n";
            File.WriteAllText(file, line + line + line);

            Assert.Equal(1, AzuriteLog.Read(file, line.Length, 2 * line.Length).Puts["states"]);
            Assert.Equal(3, AzuriteLog.Read(file, 0, 3 * line.Length).Puts["states"]);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
