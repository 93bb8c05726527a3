// A program without a resource.
import "@pulumi/pulumi";
