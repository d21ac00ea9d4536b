Console.WriteLine("heldar");
