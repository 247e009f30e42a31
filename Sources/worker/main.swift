import LeaseWork

Worker.main()
